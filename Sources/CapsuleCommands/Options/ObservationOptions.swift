internal import CapsuleServer
internal import CommandParser
internal import Logging
internal import Support

/// The options for the log and the probes of `capsule serve`.
struct ObservationOptions: ParsableArguments, Sendable {
    /// The levels of the log that an operator chooses from.
    enum Level: String, ExpressibleByArgument, CaseIterable, Sendable {
        case debug, info, warning, error

        var level: Logger.Level {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        }
    }

    @Option(
        help: ArgumentHelp(
            "Serve /healthz, /readyz and /metrics on this address as well, over plain HTTP and with connections of their own.",
            valueName: "host:port"))
    var healthListen: String?

    @Option(
        help: ArgumentHelp(
            "The lowest level that is logged; --verbose selects debug (default: info).",
            valueName: "level"))
    var logLevel: Level?

    /// The address of `--health-listen`.
    func healthAddress() throws -> ListenAddress? {
        try healthListen.map { try ListenAddress($0, option: "--health-listen") }
    }

    /// The log on stderr, one JSON object a line.
    func logger(verbose: Bool) -> Logger { Self.logger(logLevel?.level ?? (verbose ? .debug : .info)) }

    /// The command that has these options.
    static let command = "serve"

    /// The log of a command line that cannot be parsed.
    static var usageLog: Logger { logger(.info) }

    private static func logger(_ level: Logger.Level) -> Logger {
        JSONLog(now: WallClock.milliseconds, write: { Console.write($0, to: .error) }).logger(level: level)
    }
}
