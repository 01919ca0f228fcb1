/// An option with a value: `--stage canary` or `--stage=canary`.
@propertyWrapper
public struct Option<Value: Sendable>: Sendable {
    private let content: WrapperContent
    private let cell: ValueCell<Value>

    /// The value: what the command line gives, else the default.
    public var wrappedValue: Value { cell.current }

    private init(
        _ name: NameSpecification, _ reader: ValueReader<Value>, _ help: ArgumentHelp?, _ completion: CompletionKind?
    ) {
        cell = reader.cell
        content = WrapperContent(
            .declaration { label in
                reader.declaration(
                    .option, names: name.names(for: label), label: label, help: help, completion: completion)
            })
    }

    /// An option with a default.
    public init(
        wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(
            name, .one(Conversion(), initial: wrappedValue, defaultText: wrappedValue.defaultValueDescription), help,
            completion)
    }

    /// An option that is required.
    public init(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(name, .one(Conversion(), initial: nil), help, completion)
    }

    /// An option that can be left out.
    public init<Element: ExpressibleByArgument>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == Element? {
        self.init(name, .optional(Conversion()), help, completion)
    }

    /// An option that can be repeated.
    public init<Element: ExpressibleByArgument>(
        wrappedValue: [Element], name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(name, .many(Conversion(), initial: wrappedValue), help, completion)
    }

    /// An option that can be repeated, at least one.
    public init<Element: ExpressibleByArgument>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(name, .many(Conversion(), initial: nil), help, completion)
    }

    /// An option with a default, which `transform` reads. The help does not show the default. What it throws is the message.
    public init(
        wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(name, .one(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// An option that is required, which `transform` reads. What it throws is the message.
    public init(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(name, .one(Conversion(transform), initial: nil), help, completion)
    }

    /// An option that can be left out, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == Element? {
        self.init(name, .optional(Conversion(transform)), help, completion)
    }

    /// An option that can be repeated, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        wrappedValue: [Element], name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil, transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(name, .many(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// An option that can be repeated, at least one, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(name, .many(Conversion(transform), initial: nil), help, completion)
    }
}
