internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import ReleaseWorkflows
internal import Support

/// `capsule unpack`
struct UnpackCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "unpack", abstract: "Verify a release and extract it into a new directory.",
        discussion: """
            The directory is created only after every check passed, and only completely.

            Example:
              capsule unpack registry.example.com/shop/release:git-0cc4… --to out
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(help: ArgumentHelp("The directory to create; it must not exist.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository, for the witness of a pair") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws { try image.trust.check(requiresEvidence: false) }

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var directory: String
        var freight: Freight
        var packageDirectory: String
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        try NewDirectory.check(to)
        var request = try image.request(release, session)
        request.witness = gitops.witnesses(session)
        session.console.stage("verifying \(request.capsule)")
        let unpacked = try await ReleaseVerification(opener: session.opener).unpack(request, to: to)
        session.console.result(
            Result(directory: to, freight: unpacked.capsule.freight, packageDirectory: unpacked.packageDirectory),
            text: to)
        return .ok
    }
}
