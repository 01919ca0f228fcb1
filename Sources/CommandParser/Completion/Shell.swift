/// A shell that completes command lines.
public enum Shell: String, CaseIterable, ExpressibleByArgument {
    /// GNU Bash, from 4.4.
    case bash
    /// The Z shell.
    case zsh
    /// Fish, from 3.1.
    case fish
}

extension ParsableCommand {
    /// The script that has a shell ask this program what may come next while a person types.
    public static func completionScript(for shell: Shell) -> String {
        CompletionScript.text(for: shell, program: configuration.commandName)
    }
}
