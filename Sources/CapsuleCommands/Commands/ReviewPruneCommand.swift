internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import ReleaseWorkflows
internal import Support

/// `capsule review prune`
struct ReviewPruneCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove review branches that are merged or replaced.",
        discussion: """
            Looks at the branches capsule/<stage>/… and removes those of which Git proves that they are a promotion's and \
            are finished: the stage branch contains the commit or has received the same files after it, or a newer review \
            of the stage exists and the stage branch has moved on. The branches capsule/release/… of witnesses are removed \
            when the policy branch has the witness. A branch that follows the head of its target may \
            be open and is always kept, and so is everything that is uncertain. A branch that is pushed to meanwhile is kept.

            Example:
              capsule review prune --dry-run
              capsule review prune --stage production --older-than 30d
            """)

    @Option(
        help: ArgumentHelp("The stage; repeatable (default: all stages, and witnesses).", valueName: "name"),
        transform: Parse.name)
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also remove unmerged reviews of this age or older, such as 30d, whose stage branch has moved on.",
            valueName: "time"),
        transform: Parse.duration)
    var olderThan: DurationText?

    @Flag(help: "Show what would be removed; remove nothing.")
    var dryRun = false

    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.open(session) { workspace in
            session.console.stage("reading the review branches")
            let report = try await ReviewPruning(now: WallClock.system).run(
                ReviewPruning.Request(stages: stage, olderThan: olderThan?.seconds, dryRun: dryRun), in: workspace)
            if report.branches.isEmpty { session.console.note("there are no review branches") }
            if report.left > 0 {
                session.console.note("a run removes at most \(ReviewPruning.most) branches; run again for the rest")
            }
            session.console.result(report, text: session.console.marked(report.text()))
            return report.ok ? .ok : .rejected
        }
    }
}
