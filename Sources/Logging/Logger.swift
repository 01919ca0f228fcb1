/// Where a library says what it does: a least level, fields that every event carries, and a sink that the program chooses.
public struct Logger: Sendable {
    /// How much an event matters.
    public enum Level: String, CaseIterable, Comparable, Sendable, CustomStringConvertible {
        /// Every step.
        case trace
        /// What helps to find a fault.
        case debug
        /// What happens.
        case info
        /// What happens seldom.
        case notice
        /// What somebody should look at.
        case warning
        /// What failed.
        case error
        /// What ends the program.
        case critical

        /// The level's name.
        public var description: String { rawValue }

        /// The order above.
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

    /// The least level that is passed on.
    public var level: Level
    /// What every event carries. A field of the event itself with the same name wins.
    public var metadata: Metadata = [:]
    private let sink: @Sendable (LogEvent) -> Void

    /// A logger that passes events of at least `level` to `sink`, which may be called from several threads at once.
    public init(level: Level, sink: @escaping @Sendable (LogEvent) -> Void) {
        self.level = level
        self.sink = sink
    }

    /// A logger that passes nothing on.
    public static let silent = Logger(level: .critical) { _ in }

    /// A field that every event carries.
    public subscript(metadataKey name: String) -> LogValue? {
        get { metadata[name] }
        set { metadata[name] = newValue }
    }

    /// Passes an event on; neither the message nor the fields are computed below the least level.
    public func log(level: Level, _ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        guard level >= self.level else { return }
        let own = metadata()
        sink(
            LogEvent(
                level: level, message: message(),
                metadata: self.metadata.isEmpty ? own : self.metadata.merging(own) { $1 }))
    }

    /// Passes on what helps to find a fault.
    public func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .debug, message(), metadata: metadata())
    }

    /// Passes on what happens.
    public func info(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .info, message(), metadata: metadata())
    }

    /// Passes on what somebody should look at.
    public func warning(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .warning, message(), metadata: metadata())
    }

    /// Passes on what failed.
    public func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> Metadata = [:]) {
        log(level: .error, message(), metadata: metadata())
    }
}
