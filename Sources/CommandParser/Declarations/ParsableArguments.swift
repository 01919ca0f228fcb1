/// A group of options and arguments: a structure whose properties are wrapped in `Option`, `Flag`, `Argument` and
/// `OptionGroup`.
///
/// `init()` makes an instance with the declarations and the defaults. The parser fills it in; afterwards it is only read.
package protocol ParsableArguments: Sendable {
    /// Makes an instance with the defaults. The compiler synthesizes it from the wrappers.
    init()

    /// Validates the values together. Called after all values were read, for groups before the commands that contain them.
    ///
    /// - Throws: `ValidationError`, whose message the user reads.
    func validate() throws
}

extension ParsableArguments {
    /// Accepts all values.
    package func validate() throws {}
}

/// Options and arguments that several commands share.
@propertyWrapper
package struct OptionGroup<Value: ParsableArguments>: Sendable {
    /// The group.
    package let wrappedValue: Value

    /// Makes a group.
    ///
    /// - Parameter title: the title of its section in the help. Without one, the title of the enclosing group applies; the
    ///   innermost title counts.
    package init(title: String = "") {
        let (value, wrappers) = Wrappers.collecting(Value.self)
        wrappedValue = value
        Wrappers.add(.group(title: title, value, wrappers))
    }
}

/// An error in a command line or in one of its values, with a message for the user. Conversions and `validate()` throw it.
package struct ValidationError: Error, Hashable, CustomStringConvertible {
    /// The error and its remedy.
    package let message: String

    /// Makes an error.
    package init(_ message: String) { self.message = message }

    /// The message.
    package var description: String { message }
}
