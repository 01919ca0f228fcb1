/// The conversion of a word to an element of a value.
struct Conversion<Element: Sendable>: Sendable {
    var convert: @Sendable (String) throws -> Element
    var values: [String] = []
    var takesNumbers = false

    init(_ transform: @escaping @Sendable (String) throws -> Element) { convert = transform }

    init() where Element: ExpressibleByArgument {
        self.init { word in
            guard let value = Element(argument: word) else { throw NotOfType() }
            return value
        }
        values = Element.allValueStrings
        takesNumbers = Element.takesNumbers
    }
}

/// The common part of options and arguments: the storage of the value, and the conversion of words.
struct ValueReader<Value: Sendable>: Sendable {
    let cell: ValueCell<Value>
    private let isRequired: Bool
    private let repeats: Bool
    private let values: [String]
    private let takesNumbers: Bool
    private let defaultText: String?
    private let accept: @Sendable (String) throws -> Void

    private init<Element>(
        _ conversion: Conversion<Element>, initial: Value?, repeats: Bool, defaultText: String?,
        add: @escaping @Sendable (ValueCell<Value>, Element) -> Void
    ) {
        let cell = ValueCell(initial: initial)
        self.cell = cell
        isRequired = initial == nil
        self.repeats = repeats
        values = conversion.values
        takesNumbers = conversion.takesNumbers
        self.defaultText = defaultText
        accept = { add(cell, try conversion.convert($0)) }
    }

    /// One value; a nil initial value makes it required. The last of several words counts.
    static func one(_ conversion: Conversion<Value>, initial: Value?, defaultText: String? = nil) -> ValueReader {
        ValueReader(conversion, initial: initial, repeats: false, defaultText: defaultText) { $0.set($1) }
    }

    /// An optional value.
    static func optional<Element>(_ conversion: Conversion<Element>) -> ValueReader where Value == Element? {
        ValueReader(conversion, initial: .some(nil), repeats: false, defaultText: nil) { $0.set($1) }
    }

    /// Values, one for each word; nil initial values require at least one.
    static func many<Element>(_ conversion: Conversion<Element>, initial: [Element]?) -> ValueReader
    where Value == [Element] {
        ValueReader(conversion, initial: initial, repeats: true, defaultText: nil) { $0.append($1) }
    }

    func declaration(
        _ kind: Declaration.Kind, names: [OptionName], label: String, help: ArgumentHelp?, completion: CompletionKind?
    ) -> Declaration {
        let name = if case .long(let long)? = names.last { long } else { kebabCase(label) }
        return Declaration(
            kind: kind, names: names, valueName: help?.valueName ?? name, help: help?.abstract ?? "",
            isRequired: isRequired, repeats: repeats, values: values, takesNumbers: takesNumbers,
            defaultText: defaultText, completion: completion ?? (values.isEmpty ? .none : .list(values)),
            accept: accept)
    }
}
