internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows

/// `capsule convert`
struct ConvertCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Convert a pair to a capsule: the same package, with its record inside.",
        discussion: """
            Verifies the pair, puts the witness of the GitOps repository into the capsule, renders both for the stages and \
            compares the results, and publishes the capsule. Its digest is the one that `capsule build` gives for the same \
            commit with `form: capsule`. Signatures and attestations are about a digest and stay with the package: sign the \
            capsule with `capsule sign`.

            Example:
              capsule convert git-0cc4… --to registry.example.com/shop/capsule
              capsule convert oci:package:git-0cc4… --to oci:release --gitops gitops.git
            """)

    @Argument(
        help: ArgumentHelp("The pair: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(
        help: ArgumentHelp(
            "The repository or layout to publish the capsule to (default: capsule: of capsule.yaml, when the pair is in "
                + "another one).", valueName: "repository"),
        transform: Parse.store)
    var to: StoreReference?

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await image.reading(release, session) { reading in
            try await gitops.open(session) { workspace in
                var verification = try image.request(release, workspace.configuration)
                verification.reading = reading
                let conversion = ReleaseConversion(opener: session.opener, renderer: try session.renderer())
                let report = try await conversion.run(
                    verification, to: to, in: workspace, progress: { session.console.stage($0) })
                if !report.published {
                    session.console.note("\(report.tag) was published before, with the same content")
                }
                session.console.note(
                    "\(report.renders.count) renders of the pair and the capsule are equal"
                        + (report.leftOut.isEmpty
                            ? "" : "; both are rejected for \(report.leftOut.joined(separator: ", "))"))
                session.console.result(report, text: report.reference)
                return .ok
            }
        }
    }
}
