internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Promotion
internal import ReleaseWorkflows

/// `capsule promote`
struct PromoteCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Promote a release to stages: verify, render, prove, commit to stage branches.",
        discussion: """
            The only visible effect is one commit, pushed to each stage branch. A stage that already has this content gets \
            no commit, so running again is safe. A closed gate is exit 65, with a message that says what opens it; the other \
            stages are promoted. --attest-key attaches a signed statement about each promotion to the capsule. When that \
            fails (exit 69 or 77), the promotion itself is complete, and promoting again attaches the statement.

            Example:
              capsule promote git-0cc4… --stage staging
              capsule promote oci:release:git-0cc4… --image oci:image \\
                --gitops gitops.git --stage staging --stage canary --dry-run
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(
        help: ArgumentHelp("The stage; repeatable.", valueName: "name"),
        transform: Parse.name)
    var stage: [String]

    @Flag(help: "Show the gates and the rendered difference; push nothing.")
    var dryRun = false

    @Flag(help: "Let an older release replace a newer one.")
    var rollback = false

    @Option(
        help: ArgumentHelp(
            "A clone of the application's repository, to order releases by their commits.",
            valueName: "dir"), completion: .directory)
    var source: String?

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "Statement about the promotion") var statement: StatementKeyOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        if stage.isEmpty { throw ValidationError("name at least one stage with --stage") }
        if Set(stage).count != stage.count {
            throw ValidationError("each stage can be named once; remove the second --stage of the same name")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        try await image.reading(release, session) { reading in
            try await gitops.open(session) { workspace in
                var verification = try image.request(release, workspace.configuration)
                verification.reading = reading
                return try await session.promote(
                    ReleasePromotion.Request(
                        verification: verification, stages: stage, rollback: Rollback(rollback), dryRun: dryRun),
                    in: workspace, source: source,
                    attester: try statement.attester(
                        image.trust.signedFor, verification.capsule.store, workspace.configuration, session))
            }
        }
    }
}
