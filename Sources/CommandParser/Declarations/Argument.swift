/// A positional argument.
@propertyWrapper
package struct Argument<Value: Sendable>: Sendable {
    private let cell: ValueCell<Value>

    /// The value from the command line, or the default.
    package var wrappedValue: Value { cell.current }

    private init(_ reader: ValueReader<Value>, _ help: ArgumentHelp?, _ completion: CompletionKind?) {
        cell = reader.cell
        Wrappers.add(
            .declaration { label in
                reader.declaration(
                    .argument, names: [], label: label, help: help, completion: completion)
            })
    }

    /// An argument with a default.
    package init(
        wrappedValue: Value, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(
            .one(Conversion(), initial: wrappedValue, defaultText: wrappedValue.defaultValueDescription), help,
            completion)
    }

    /// An argument that is required.
    package init(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(.one(Conversion(), initial: nil), help, completion)
    }

    /// An optional argument.
    package init<Element: ExpressibleByArgument>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == Element? {
        self.init(.optional(Conversion()), help, completion)
    }

    /// A repeated argument.
    package init<Element: ExpressibleByArgument>(
        wrappedValue: [Element], help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(.many(Conversion(), initial: wrappedValue), help, completion)
    }

    /// A repeated argument, required at least once.
    package init<Element: ExpressibleByArgument>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(.many(Conversion(), initial: nil), help, completion)
    }

    /// An argument with a default, converted by `transform`, whose error is the message. The help does not show the default.
    package init(
        wrappedValue: Value, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(.one(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// A required argument, converted by `transform`, whose error is the message.
    package init(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(.one(Conversion(transform), initial: nil), help, completion)
    }

    /// An optional argument, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == Element? {
        self.init(.optional(Conversion(transform)), help, completion)
    }

    /// A repeated argument, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        wrappedValue: [Element], help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(.many(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// A repeated argument, required at least once, converted by `transform`, whose error is the message.
    package init<Element: Sendable>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(.many(Conversion(transform), initial: nil), help, completion)
    }
}
