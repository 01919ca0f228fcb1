internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import Support

/// `capsule policy explain`
struct PolicyExplainCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say in words what a policy asks of a release, stage by stage.",
        discussion: """
            Names the keys with their fingerprints, says which of them count now, and what each stage asks for.

            Example:
              capsule policy explain --policy apps/shop/policy.yaml
              capsule policy explain --stage production --output json
            """)

    @Option(help: ArgumentHelp("The stage (default: all).", valueName: "name"), transform: Parse.name)
    var stage: String?

    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.openPolicy(policy, session) { policy, configuration in
            let policy = try policy.get()
            let shown = try policy.stages(stage, of: configuration)
            let explanation = PolicyExplanation(
                policy, stages: shown, others: stage == nil && configuration == nil,
                now: WallClock.system())
            session.console.result(explanation, text: session.console.marked(explanation.text()))
            return .ok
        }
    }
}

extension EvidencePolicy {
    /// The stage that was asked for, which must be there; else all of the ladder, or those that the policy names.
    func stages(_ name: String?, of configuration: CapsuleConfiguration?) throws -> [String] {
        guard let name else { return configuration?.stages.map(\.name) ?? stages.keys.sorted() }
        if let configuration {
            _ = try configuration.stage(name)
        } else {
            try check(stage: name)
        }
        return [name]
    }
}
