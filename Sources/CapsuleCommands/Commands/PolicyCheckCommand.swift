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
        commandName: "check", abstract: "Check a policy, and whether a release passes it and why not.",
        discussion: """
            Without a release: is the policy well-formed, are its stages in the ladder, and can a release pass each of them \
            today? With one: does it pass? Exit 65 when the answer is no.

            Example:
              capsule policy check --policy apps/shop/policy.yaml
              capsule policy check git-0cc4… --stage production
            """)

    @Argument(
        help: ArgumentHelp("A REF, or git-<sha> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument?

    @Option(help: ArgumentHelp("The stage (default: all).", valueName: "name"), transform: Parse.name)
    var stage: String?

    @OptionGroup(title: "The application image") var image: ImageOptions
    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

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
            let request = try configuration.map { try image.request(release, $0) } ?? image.bare(release, session)
            session.console.stage("verifying \(request.capsule)")
            return try await PolicyCheck.run(
                policy, stages: stages, on: request, configuration, opener: session.opener, now: now)
        }
    }
}
