/// An argument, told by its place.
@propertyWrapper
public struct Argument<Value: Sendable>: Sendable {
    private let content: WrapperContent
    private let cell: ValueCell<Value>

    /// The value: what the command line gives, else the default.
    public var wrappedValue: Value { cell.current }

    private init(_ reader: ValueReader<Value>, _ help: ArgumentHelp?, _ completion: CompletionKind?) {
        cell = reader.cell
        content = WrapperContent(
            .declaration { label in
                reader.declaration(
                    .argument, names: [], label: label, help: help, completion: completion)
            })
    }

    /// An argument with a default.
    public init(
        wrappedValue: Value, help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(
            .one(Conversion(), initial: wrappedValue, defaultText: wrappedValue.defaultValueDescription), help,
            completion)
    }

    /// An argument that is required.
    public init(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value: ExpressibleByArgument {
        self.init(.one(Conversion(), initial: nil), help, completion)
    }

    /// An argument that can be left out.
    public init<Element: ExpressibleByArgument>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == Element? {
        self.init(.optional(Conversion()), help, completion)
    }

    /// As many arguments as there are.
    public init<Element: ExpressibleByArgument>(
        wrappedValue: [Element], help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(.many(Conversion(), initial: wrappedValue), help, completion)
    }

    /// As many arguments as there are, at least one.
    public init<Element: ExpressibleByArgument>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil
    ) where Value == [Element] {
        self.init(.many(Conversion(), initial: nil), help, completion)
    }

    /// An argument with a default, which `transform` reads. The help does not show the default. What it throws is the message.
    public init(
        wrappedValue: Value, help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(.one(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// An argument that is required, which `transform` reads. What it throws is the message.
    public init(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Value
    ) {
        self.init(.one(Conversion(transform), initial: nil), help, completion)
    }

    /// An argument that can be left out, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == Element? {
        self.init(.optional(Conversion(transform)), help, completion)
    }

    /// As many arguments as there are, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        wrappedValue: [Element], help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(.many(Conversion(transform), initial: wrappedValue), help, completion)
    }

    /// As many arguments as there are, at least one, which `transform` reads. What it throws is the message.
    public init<Element: Sendable>(
        help: ArgumentHelp? = nil, completion: CompletionKind? = nil,
        transform: @escaping @Sendable (String) throws -> Element
    ) where Value == [Element] {
        self.init(.many(Conversion(transform), initial: nil), help, completion)
    }
}
