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
