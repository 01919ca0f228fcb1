internal import CapsuleReports
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import ReleaseWorkflows
internal import Support

/// `capsule policy check`
struct PolicyCheckCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a policy, or a release against a policy.",
        discussion: """
            Without a release: checks that the policy is valid, that its stages are in the ladder, and that a release can \
            pass each of them today. With a release: checks that it passes. Exit 65 when a check fails.

            Example:
              capsule policy check --policy apps/shop/policy.yaml
              capsule policy check git-0cc4… --stage production
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument?

    @Option(help: ArgumentHelp("The stage (default: all stages).", valueName: "name"), transform: Parse.name)
    var stage: String?

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.openPolicy(image.trust.policy, session) { policy, configuration in
            let check = try await check(policy, configuration, session)
            session.console.result(check, text: session.console.marked(check.text()))
            return check.ok ? .ok : .rejected
        }
    }

    private func check(
        _ policy: Result<EvidencePolicy, DocumentError>, _ configuration: CapsuleConfiguration?, _ session: Session
    ) async throws -> PolicyCheck {
        switch policy {
        case .failure(let error): return PolicyCheck(problem: error.message)
        case .success(let policy):
            var stages = try policy.stages(stage, of: configuration).map(Optional.some)
            if stage == nil, configuration == nil { stages.append(nil) }
            let now = WallClock.system()
            guard let release else { return PolicyCheck(policy, stages: stages, now: now) }
            var request = try configuration.map { try image.request(release, $0) } ?? image.bare(release, session)
            request.witness = gitops.witnesses(session)
            session.console.stage("verifying \(request.capsule)")
            return try await PolicyCheck.run(
                policy, stages: stages, on: request, configuration, opener: session.opener, now: now)
        }
    }
}
