/// A value that is written as one word.
public protocol ExpressibleByArgument: Sendable {
    /// Reads the word; nil when it is not one of the type's.
    init?(argument: String)

    /// Every word there is, where they can be counted. Help, messages and shells show them.
    static var allValueStrings: [String] { get }

    /// The word for this value, as the help shows a default.
    var defaultValueDescription: String { get }
}

extension ExpressibleByArgument {
    /// They cannot be counted.
    public static var allValueStrings: [String] { [] }
    /// Its description.
    public var defaultValueDescription: String { "\(self)" }
}

extension ExpressibleByArgument where Self: RawRepresentable, RawValue == String {
    /// Reads a raw value.
    public init?(argument: String) { self.init(rawValue: argument) }
    /// The raw value.
    public var defaultValueDescription: String { rawValue }
}

extension ExpressibleByArgument where Self: CaseIterable & RawRepresentable, RawValue == String {
    /// The raw values of all cases.
    public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension String: ExpressibleByArgument {
    /// Takes every word.
    public init?(argument: String) { self = argument }
}

extension Int: ExpressibleByArgument {
    /// Reads a decimal number.
    public init?(argument: String) { self.init(argument) }
}
