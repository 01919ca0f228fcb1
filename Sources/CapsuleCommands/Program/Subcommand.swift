internal import CommandParser

/// A command of `capsule`: options in, one library call, output.
protocol Subcommand: ParsableCommand, Sendable {
    /// The options that every command takes.
    var global: GlobalOptions { get }

    /// Whether its result can be had as Markdown.
    var takesMarkdown: Bool { get }

    /// Whether the first signal asks it to end by itself, instead of cancelling it.
    var stopsGracefully: Bool { get }

    /// Does the work. A negative answer is a returned status; only failures are thrown.
    func execute(_ session: Session) async throws -> ExitStatus
}

extension Subcommand {
    var takesMarkdown: Bool { false }
    var stopsGracefully: Bool { false }
}
