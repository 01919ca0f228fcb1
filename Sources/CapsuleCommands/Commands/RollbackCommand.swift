internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Promotion
internal import ReleaseWorkflows

/// `capsule rollback`
struct RollbackCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Promote the previous release of a stage again.",
        discussion: """
            The previous release of the stage branch is verified, rendered with today's policy, proven and committed like \
            any other. The gate "order" does not apply. A stage that was rolled back already stays as it is: running again \
            completes what an interrupted run left undone. --to names another release that the stage held.

            Example:
              capsule rollback --stage production --dry-run
            """)

    @Option(help: ArgumentHelp("The stage.", valueName: "name"), transform: Parse.name)
    var stage: String

    @Option(
        help: ArgumentHelp(
            "The release to go back to, which the stage held (default: the one before its current release).",
            valueName: "release"), transform: Parse.identity)
    var to: ReleaseIdentity?

    @Flag(help: "Show the gates and the rendered difference; push nothing.")
    var dryRun = false

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "Statement about the promotion") var statement: StatementKeyOptions
    @OptionGroup(title: "Recorded capsules") var recorded: RecordedOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.open(session) { workspace in
            let found = try await StageRollback.find(stage, to: to, in: workspace)
            if found.isDone {
                session.console.note(
                    "\(stage) is at \(found.current.identity) already"
                        + (found.undone.map { ", after \($0.identity); --to names another release to go back to" } ?? "")
                )
            } else {
                session.console.note("\(stage) goes back from \(found.current.identity) to \(found.previous.identity)")
                session.console.note(
                    "to repeat this: capsule rollback --stage \(stage) --to \(found.previous.identity)")
            }
            let capsule = try found.capsule(in: recorded.capsules)
            var verification = try image.request(.reference(capsule), workspace.configuration)
            verification.recordedWitness = found.previous.witness?.digest
            return try await session.promote(
                ReleasePromotion.Request(
                    verification: verification, stages: [stage],
                    rollback: .always, dryRun: dryRun),
                in: workspace, source: nil,
                attester: try statement.attester(
                    image.trust.signedFor, capsule.store, workspace.configuration, session))
        }
    }
}
