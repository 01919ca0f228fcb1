/// A logger: a minimum level, fields for every event, and a sink that the program chooses.
public struct Logger: Sendable {
    /// The level of an event.
    public enum Level: String, CaseIterable, Comparable, Sendable, CustomStringConvertible {
        /// Single steps.
        case trace
        /// Details for finding a fault.
        case debug
        /// Normal operation.
        case info
        /// Normal but rare events.
        case notice
        /// An event that needs attention.
        case warning
        /// A failure.
        case error
        /// A failure that ends the program.
        case critical

        /// The level's name.
        public var description: String { rawValue }

        /// Levels are ordered from `trace` to `critical`.
        public static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }

        private var rank: Int {
            switch self {
            case .trace: 0
            case .debug: 1
            case .info: 2
            case .notice: 3
            case .warning: 4
            case .error: 5
            case .critical: 6
            }
        }
    }

    /// Fields by name.
    public typealias Metadata = [String: LogValue]

    /// The minimum level of events that are logged.
    public var level: Level
    /// The fields of every event. A field of the event itself with the same name wins.
    public var metadata: Metadata = [:]
    private let sink: @Sendable (LogEvent) -> Void

    /// A logger that passes events of at least `level` to `sink`, which several threads may call at once.
    public init(level: Level, sink: @escaping @Sendable (LogEvent) -> Void) {
        self.level = level
        self.sink = sink
    }

    /// A logger that drops every event.
    public static let silent = Logger(level: .critical) { _ in }

    /// A field of every event.
    public subscript(metadataKey name: String) -> LogValue? {
        get { metadata[name] }
        set { metadata[name] = newValue }
    }

    /// Logs an event. Below the minimum level, neither the message nor the fields are computed.
    public func log(level: Level, _ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        guard level >= self.level else { return }
        let own = metadata()
        sink(
            LogEvent(
                level: level, message: message(),
                metadata: self.metadata.isEmpty ? own : self.metadata.merging(own) { $1 }))
    }

    /// Logs an event at `debug`.
    public func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .debug, message(), metadata: metadata())
    }

    /// Logs an event at `info`.
    public func info(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .info, message(), metadata: metadata())
    }

    /// Logs an event at `warning`.
    public func warning(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .warning, message(), metadata: metadata())
    }

    /// Logs an event at `error`.
    public func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .error, message(), metadata: metadata())
    }
}
