/// The value of a field of an event.
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
