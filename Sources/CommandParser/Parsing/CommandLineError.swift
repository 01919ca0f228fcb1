/// An error in a command line.
package struct CommandLineError: Error, Hashable, CustomStringConvertible {
    private let program: String
    /// The error and its remedy.
    package let message: String
    private let usage: String
    private let helpCommand: String

    init(program: String, message: String, usage: String, helpCommand: String) {
        self.program = program
        self.message = message
        self.usage = usage
        self.helpCommand = helpCommand
    }

    /// The text for the user: the message, the usage, and the command for help.
    package var description: String {
        """
        \(program): \(message)
        Usage: \(usage)
          See '\(helpCommand)' for more information.
        """
    }
}

extension CommandNode {
    /// An error in the words of this command.
    func error(_ message: String) -> CommandLineError {
        CommandLineError(
            program: path[0], message: message, usage: HelpText(self).usage(isShort: true),
            helpCommand: "\(name) --help")
    }
}
