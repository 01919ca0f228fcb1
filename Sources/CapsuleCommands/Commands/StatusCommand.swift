internal import ArgumentParser
internal import CapsuleDelivery
internal import FoundationEssentials

/// `capsule status`
struct StatusCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show which release each stage holds, and what may move next.",
        discussion: """
            Reads the stage branches of the GitOps repository and asks every gate, and changes nothing.

            Example:
              capsule status
              capsule status --gitops https://git.example.com/platform/gitops.git
            """)

    @Option(
        help: ArgumentHelp(
            "A clone of the application's repository, to tell older releases from newer ones by their commits.",
            valueName: "dir"), completion: .directory)
    var source: String?

    @OptionGroup(title: "The GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try await gitops.open(session) { workspace in
            let status = try await LadderStatus.read(
                workspace, ancestry: source.map { CommitAncestry(git: session.git, repository: $0) },
                now: { Int64(Date().timeIntervalSince1970) })
            session.console.result(status, text: status.text())
            return .ok
        }
    }
}
