/// What is wrong with a command line.
public struct CommandLineError: Error, Hashable, CustomStringConvertible {
    private let program: String
    /// What is wrong, and what to write instead.
    public let message: String
    private let usage: String
    private let helpCommand: String

    init(program: String, message: String, usage: String, helpCommand: String) {
        self.program = program
        self.message = message
        self.usage = usage
        self.helpCommand = helpCommand
    }

    /// What a person reads: the message, how the command is written, and where there is more.
    public var description: String {
        """
        \(program): \(message)
        Usage: \(usage)
          See '\(helpCommand)' for more information.
        """
    }
}
