internal import CapsuleCore
internal import CapsuleReports
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import ReleaseWorkflows

/// `capsule audit`
struct AuditCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Render every stage branch again from its record and compare byte by byte.",
        discussion: """
            Verifies the recorded capsule, renders it with the recorded policy commit and compares the result with the \
            branch. Then checks the evidence that the policy of that commit requires, without the keys and releases that are \
            revoked today, and with --key the statement of the promotion. Exit 65 when a branch differs or is not proven; \
            exit 1 when the result is undetermined, for example because the recorded renderer is not installed.

            Example:
              capsule audit
              capsule audit --key promoter.pub --output markdown > audit.md
              capsule audit --stage production --commit 1f2e… --output json
            """)

    @Option(
        help: ArgumentHelp("The stage; repeatable (default: all stages).", valueName: "name"), transform: Parse.name)
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "Audit this commit of the stage's branch instead of its head.", valueName: "commit"),
        transform: Parse.commit)
    var commit: CommitID?

    @Option(
        help: ArgumentHelp(
            "The repository or layout to resolve image tags in (default: the repositories that the records name).",
            valueName: "ref"),
        transform: Parse.reference)
    var image: ArtifactReference?

    @OptionGroup(title: "Evidence") var attested: AttestedByOptions
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "Recorded capsules") var recorded: RecordedOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    var takesMarkdown: Bool { true }

    func validate() throws {
        guard commit != nil, stage.count != 1 else { return }
        throw ValidationError("--commit is a commit of one stage's branch; name exactly that stage with --stage")
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
