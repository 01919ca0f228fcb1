internal import CommandParser
internal import DeliveryConfiguration

/// `capsule policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check and explain the evidence policy.",
        discussion: """
            policy.yaml names the signatures and attestations that each stage requires of a release. It is a file of the \
            GitOps repository that capsule.yaml names and promotions never write, or is given with --policy.

            Example:
              capsule policy explain
              capsule policy check git-0cc4… --stage production
            """,
        subcommands: [PolicyCheckCommand.self, PolicyExplainCommand.self])
}
