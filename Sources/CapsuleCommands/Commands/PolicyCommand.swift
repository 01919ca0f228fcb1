internal import CommandParser
internal import DeliveryConfiguration

/// `capsule policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check and explain the policy that says which evidence a release needs.",
        discussion: """
            policy.yaml says whose signatures and attestations a release needs, for each stage. It stands in the GitOps \
            repository, where capsule.yaml names it and no promotion writes, or is given with --policy.

            Example:
              capsule policy explain
              capsule policy check git-0cc4… --stage production
            """,
        subcommands: [PolicyCheckCommand.self, PolicyExplainCommand.self])
}
