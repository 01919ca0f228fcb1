/// A value that one word can express.
package protocol ExpressibleByArgument: Sendable {
    /// Converts the word; nil when it is not a value of the type.
    init?(argument: String)

    /// All valid words, where they can be enumerated. Help, messages and completions show them.
    static var allValueStrings: [String] { get }

    /// True when a word such as -5 can be a value.
    static var takesNumbers: Bool { get }

    /// The text of this value as a default in the help.
    var defaultValueDescription: String { get }
}

extension ExpressibleByArgument {
    /// Empty: the words cannot be enumerated.
    package static var allValueStrings: [String] { [] }
    /// False.
    package static var takesNumbers: Bool { false }
    /// The description of the value.
    package var defaultValueDescription: String { "\(self)" }
}

extension ExpressibleByArgument where Self: RawRepresentable, RawValue == String {
    /// Reads a raw value.
    package init?(argument: String) { self.init(rawValue: argument) }
    /// The raw value.
    package var defaultValueDescription: String { rawValue }
}

extension ExpressibleByArgument where Self: CaseIterable & RawRepresentable, RawValue == String {
    /// The raw values of all cases.
    package static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension String: ExpressibleByArgument {
    /// Accepts every word.
    package init?(argument: String) { self = argument }
}

extension Int: ExpressibleByArgument {
    /// True.
    package static var takesNumbers: Bool { true }
    /// Reads a decimal number.
    package init?(argument: String) { self.init(argument) }
}
