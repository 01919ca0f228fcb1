internal import CapsuleReports
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import Support

/// `capsule policy explain`
struct PolicyExplainCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain the requirements of an evidence policy, stage by stage.",
        discussion: """
            Lists the keys with their fingerprints and their validity today, and the requirements of each stage.

            Example:
              capsule policy explain --policy apps/shop/policy.yaml
              capsule policy explain --stage production --output json
            """)

    @Option(help: ArgumentHelp("The stage (default: all stages).", valueName: "name"), transform: Parse.name)
    var stage: String?

    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

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
    /// The named stage, which must exist; without a name all stages of the ladder, otherwise those that the policy
    /// names.
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
