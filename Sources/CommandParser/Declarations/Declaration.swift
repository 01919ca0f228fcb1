/// What a wrapper declares, without the type of its value.
struct Declaration: Sendable {
    enum Kind: Sendable {
        case option
        case flag
        case argument
    }

    var kind: Kind
    var names: [OptionName] = []
    /// The names that say no, of a flag.
    var negations: [OptionName] = []
    var valueName: String
    var help: String
    var isRequired = false
    var repeats = false
    /// The words that a value can be; empty when they cannot be counted.
    var values: [String] = []
    /// A word such as -5 can be its value.
    var takesNumbers = false
    var defaultText: String?
    var completion = CompletionKind.none
    /// The title that the help shows it under; nil is that of all options.
    var section: String?
    /// Reads a word into the value. A word that is not one of the type's throws `NotOfType`; a flag gets `true` or `false`.
    var accept: @Sendable (String) throws -> Void

    /// How messages call it: `--stage`, or `<release>`.
    var name: String { names.last?.description ?? "<\(valueName)>" }

    /// How it is written: `--stage <name>`, or `<release>`.
    var synopsis: String { kind == .option ? "\(name) <\(valueName)>" : name }
}

/// The word is not one of the type's.
struct NotOfType: Error {}

/// What reflection finds in every wrapper. A final class, because casting to one needs no search for conformances, which takes
/// longer than all the rest of parsing.
final class WrapperContent: Sendable {
    enum Kind: Sendable {
        /// Makes the declaration, of the property's name.
        case declaration(@Sendable (String) -> Declaration)
        case group(title: String, any ParsableArguments)
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }
}
