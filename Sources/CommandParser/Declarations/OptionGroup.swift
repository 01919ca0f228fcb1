/// What several commands take alike.
@propertyWrapper
public struct OptionGroup<Value: ParsableArguments>: Sendable {
    private let content: WrapperContent

    /// The group.
    public let wrappedValue: Value

    /// Makes a group.
    ///
    /// - Parameter title: what its options are shown under in the help. Without one, under the title of the group that it is
    ///   in; a title inside goes before one outside.
    public init(title: String = "") {
        wrappedValue = Value()
        content = WrapperContent(.group(title: title, wrappedValue))
    }
}
