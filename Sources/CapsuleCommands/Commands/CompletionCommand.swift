internal import CommandParser
internal import DeliveryConfiguration

/// `capsule completion`
struct CompletionCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a script with which a shell completes command lines.",
        discussion: """
            The script calls this program for what may come next: subcommands, options, values, and files of the kind that \
            an option takes.

            Example:
              eval "$(capsule completion bash)"          # in ~/.bashrc
              eval "$(capsule completion zsh)"           # in ~/.zshrc, after compinit
              capsule completion fish > ~/.config/fish/completions/capsule.fish
            """)

    @Argument(help: "The shell.")
    var shell: Shell

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

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
