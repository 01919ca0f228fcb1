internal import CommandParser
internal import DeliveryConfiguration

/// `capsule completion`
struct CompletionCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print the completion script of a shell.",
        discussion: """
            The script calls this program to list the candidates: subcommands, options, values, and files of the type that \
            an option expects.

            Example:
              eval "$(capsule completion bash)"          # in ~/.bashrc
              eval "$(capsule completion zsh)"           # in ~/.zshrc, after compinit
              capsule completion fish > ~/.config/fish/completions/capsule.fish
            """)

    @Argument(help: "The shell.")
    var shell: Shell

    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var shell: String
        var script: String
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let script = Capsule.completionScript(for: shell)
        session.console.result(Result(shell: shell.rawValue, script: script), text: script)
        return .ok
    }
}
