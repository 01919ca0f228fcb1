internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Promotion
internal import ReleaseWorkflows

/// `capsule promote`
struct PromoteCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Take a release to stages: verify, render, prove, commit to each stage branch.",
        discussion: """
            The push of one commit for each stage is the only visible effect; running again is safe, and what is unchanged \
            gets no commit. A shut gate is exit 65 and says what would open it; it does not keep other stages back. With \
            --attest-key, a signed statement about each stage is left beside the capsule; when that fails (69, 77), the \
            promotion stands, and promoting again writes it.

            Example:
              capsule promote git-0cc4… --stage staging
              capsule promote oci:release:git-0cc4… --image oci:image \\
                --gitops gitops.git --stage staging --stage canary --dry-run
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(
        help: ArgumentHelp("The stage; repeat it for more than one.", valueName: "name"),
        transform: Parse.name)
    var stage: [String]

    @Flag(help: "Show gates and the rendered difference, and push nothing.")
    var dryRun = false

    @Flag(help: "Let an older release replace a newer one.")
    var rollback = false

    @Option(
        help: ArgumentHelp(
            "A clone of the application's repository, to tell older releases from newer ones by their commits.",
            valueName: "dir"), completion: .directory)
    var source: String?

    @OptionGroup(title: "The application image") var image: ImageOptions
    @OptionGroup(title: "The statement about it") var statement: StatementKeyOptions
    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func validate() throws {
        if stage.isEmpty { throw ValidationError("name at least one stage with --stage") }
        if Set(stage).count != stage.count { throw ValidationError("a stage is named twice") }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.open(session) { workspace in
            let verification = try image.request(release, workspace.configuration)
            return try await session.promote(
                ReleasePromotion.Request(
                    verification: verification, stages: stage, rollback: Rollback(rollback), dryRun: dryRun),
                in: workspace, source: source,
                attester: try statement.attester(
                    image.trust.signedFor, verification.capsule.place, workspace.configuration, session))
        }
    }
}
