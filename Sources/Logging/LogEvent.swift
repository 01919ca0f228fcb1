/// A log event.
public struct LogEvent: Sendable {
    /// The level.
    public let level: Logger.Level
    /// The constant text of the event; values that vary are fields.
    public let message: String
    /// The fields, by name.
    public let metadata: Logger.Metadata

    /// The fields, sorted by name.
    public var fields: [(name: String, value: LogValue)] {
        metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}

/// The value of a field of a log event.
public enum LogValue: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// Text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number with a fraction.
    case decimal(Double)

    /// Text.
    public init(stringLiteral text: String) { self = .text(text) }

    /// The value as text.
    public var description: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .decimal(let number): "\(number)"
        }
    }
}
