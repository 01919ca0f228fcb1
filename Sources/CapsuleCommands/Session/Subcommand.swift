internal import CommandParser
internal import Logging

/// A command of `capsule`: options in, one library call, output.
protocol Subcommand: ParsableCommand, Sendable {
    /// The options of every command.
    var global: GlobalOptions { get }

    /// True when `--output markdown` is supported.
    var takesMarkdown: Bool { get }

    /// True when the first signal requests a graceful stop instead of cancelling the command.
    var stopsGracefully: Bool { get }

    /// True when a registry is read, and its content may come from the cache of this user. Commands that write to a registry,
    /// or copy from one, must find out what it has.
    var readsRegistry: Bool { get }

    /// The log that replaces text on stderr, errors included; nil for a command that prints for people.
    var log: Logger? { get }

    /// Runs the command. A rejection is a returned status; only failures are thrown.
    func execute(_ session: Session) async throws -> ExitStatus
}

extension Subcommand {
    var takesMarkdown: Bool { false }
    var stopsGracefully: Bool { false }
    var readsRegistry: Bool { false }
    var log: Logger? { nil }
}
