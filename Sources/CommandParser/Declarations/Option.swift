/// An option with a value: `--stage canary` or `--stage=canary`.
@propertyWrapper
package struct Option<Value: Sendable>: Sendable {
    private let cell: ValueCell<Value>

    /// The value from the command line, or the default.
    package var wrappedValue: Value { cell.current }

    private init(
        _ name: NameSpecification, _ reader: ValueReader<Value>, _ help: ArgumentHelp?, _ completion: CompletionKind?
    ) {
        cell = reader.cell
        Wrappers.add(
            .declaration { label in
                reader.declaration(
                    .option, names: name.names(for: label), label: label, help: help, completion: completion)
            })
    }

    /// An option with a default.
    package init(
        wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(
            name, .one(Conversion(), initial: wrappedValue, defaultText: wrappedValue.defaultValueDescription), help,
            completion)
    }

    /// An option that is required.
    package init(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(name, .one(Conversion(), initial: nil), help, completion)
    }

    /// An option without a default.
    package init<Element: ExpressibleByArgument>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == Element? {
        self.init(name, .optional(Conversion()), help, completion)
    }

    /// A repeatable option.
    package init<Element: ExpressibleByArgument>(
        wrappedValue: [Element], name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(name, .many(Conversion(), initial: wrappedValue), help, completion)
    }

    /// A repeatable option, required at least once.
    package init<Element: ExpressibleByArgument>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(name, .many(Conversion(), initial: nil), help, completion)
    }

    /// An option with a default, converted by `transform`, whose error is the message. The help does not show the default.
    package init(
        wrappedValue: Value, name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(name, .one(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// A required option, converted by `transform`, whose error is the message.
    package init(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(name, .one(Conversion(transform), initial: nil), help, completion)
    }

    /// An option without a default, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == Element? {
        self.init(name, .optional(Conversion(transform)), help, completion)
    }

    /// A repeatable option, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        wrappedValue: [Element], name: NameSpecification = .long, help: ArgumentHelp? = nil,
        completion: CompletionKind? = nil, transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(name, .many(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// A repeatable option, required at least once, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        name: NameSpecification = .long, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(name, .many(Conversion(transform), initial: nil), help, completion)
    }
}
