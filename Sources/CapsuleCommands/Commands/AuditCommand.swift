internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows

/// `capsule audit`
struct AuditCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Render every stage branch again from its record and compare byte for byte.",
        discussion: """
            Verifies the recorded capsule, renders it with the recorded policy commit, and compares; then asks for the \
            evidence that the policy of that commit asks for, without the keys and releases that are revoked today, and with \
            --key for the statement that the promotion left. Exit 65 when a branch holds anything else or is not proven; 1 \
            when it could not be found out, because the recorded renderer is not here, say.

            Example:
              capsule audit
              capsule audit --key promoter.pub --output markdown > audit.md
              capsule audit --stage production --commit 1f2e… --output json
            """)

    @Option(
        help: ArgumentHelp("The stage; repeat it for more (default: all).", valueName: "name"), transform: Parse.name)
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "A commit of the one stage's branch, to audit instead of its head.", valueName: "commit"),
        transform: Parse.commit)
    var commit: CommitID?

    @Option(
        help: ArgumentHelp(
            "Where to look images up (default: the repositories that the records name).", valueName: "ref"),
        transform: Parse.location)
    var image: Location?

    @OptionGroup(title: "The evidence") var attested: AttestedByOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "Recorded capsules") var recorded: RecordedOptions
    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var takesMarkdown: Bool { true }

    func validate() throws {
        guard commit != nil, stage.count != 1 else { return }
        throw ValidationError("--commit is a commit of one stage's branch; name that stage with --stage")
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.open(session) { workspace in
            let audit = StageAudit(opener: session.opener, renderer: try session.renderer())
            let report = try await audit.audit(
                StageAudit.Request(
                    stages: stage, commit: commit, image: image, capsules: recorded.capsules,
                    policy: try policy.load(), promoters: try attested.keys(),
                    repository: attested.signedFor.repository),
                in: workspace, progress: { session.console.stage($0) })
            session.console.result(
                report, text: session.console.marked(report.text(color: session.console.coloursOutput)),
                markdown: report.markdown())
            if report.ok { return .ok }
            let isRejected = report.stages.contains { $0.finding == .differs || $0.finding == .unproven }
            return isRejected ? .rejected : .failure
        }
    }
}
