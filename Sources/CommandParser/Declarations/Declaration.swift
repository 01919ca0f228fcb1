/// The declaration of a wrapper, without the type of its value.
struct Declaration: Sendable {
    enum Kind: Sendable {
        case option
        case flag
        case argument
    }

    var kind: Kind
    var names: [OptionName] = []
    /// The negated names of a flag.
    var negations: [OptionName] = []
    var valueName: String
    var help: String
    var isRequired = false
    var repeats = false
    /// The words that are valid; empty when they cannot be enumerated.
    var values: [String] = []
    /// True when a word such as -5 can be its value.
    var takesNumbers = false
    var defaultText: String?
    var completion = CompletionKind.none
    /// The title of its section in the help; nil for the options' section.
    var section: String?
    /// Stores a word in the value. Throws `NotOfType` for an invalid word; a flag receives `true` or `false`.
    var accept: @Sendable (String) throws -> Void

    /// Its name in messages: `--stage`, or `<release>`.
    var name: String { names.last?.description ?? "<\(valueName)>" }

    /// Its syntax: `--stage <name>`, or `<release>`.
    var synopsis: String { kind == .option ? "\(name) <\(valueName)>" : name }
}

/// The word is not a value of the type.
struct NotOfType: Error {}

/// The object that reflection finds in every wrapper. A final class, because a cast to a protocol searches conformances, which
/// takes longer than the rest of parsing.
final class WrapperContent: Sendable {
    enum Kind: Sendable {
        /// Makes the declaration for the property's name.
        case declaration(@Sendable (String) -> Declaration)
        case group(title: String, any ParsableArguments)
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }
}
