internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import ReleaseWorkflows

/// `capsule diff`
struct DiffCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what differs between two releases, or between a release and a stage.",
        discussion: """
            Compares identity, images and package files; with --deployment or --stage also the rendered objects of verified \
            releases, field by field. Secret values are never shown. --output markdown is for a pull request.

            Example:
              capsule diff oci:release:git-0cc4… oci:release:git-1f2e…
              capsule diff git-1f2e… --stage production --output markdown
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "a"),
        transform: ReleaseArgument.parse)
    var first: ReleaseArgument

    @Argument(
        help: ArgumentHelp("The release to compare with; omit it with --stage.", valueName: "b"),
        transform: ReleaseArgument.parse)
    var second: ReleaseArgument?

    @Option(
        help: ArgumentHelp("Compare the renders of both for this deployment.", valueName: "name"), transform: Parse.name
    )
    var deployment: String?

    @Option(
        help: ArgumentHelp("Compare with the release that this stage holds.", valueName: "name"), transform: Parse.name)
    var stage: String?

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    var takesMarkdown: Bool { true }

    func validate() throws {
        guard (second == nil) == (stage != nil) else {
            throw ValidationError("name two releases, or one release and --stage")
        }
        if stage != nil, deployment != nil {
            throw ValidationError("--stage names the deployment; leave --deployment out")
        }
        if second != nil, image.imageDigest != nil {
            throw ValidationError(
                "--image-digest is the digest of one image, and two releases have two images; leave it out")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let report = try await compare(session)
        session.console.result(
            report, text: report.text(color: session.console.coloursOutput), markdown: report.markdown())
        return .ok
    }

    private func compare(_ session: Session) async throws -> ReleaseComparison.Report {
        let comparison = ReleaseComparison(opener: session.opener)
        if let second, deployment == nil {
            return try await comparison.between(first.reference(session), second.reference(session))
        }
        return try await gitops.open(session) { workspace in
            let request = try image.request(first, workspace.configuration)
            if let stage {
                return try await comparison.stage(stage, with: request, in: workspace, renderer: session.renderer())
            }
            let other = try second.map { try image.request($0, workspace.configuration) } ?? request
            return try await comparison.between(
                request, other, for: deployment ?? "", in: workspace, renderer: session.renderer())
        }
    }
}
