/// The help of an option or an argument.
package struct ArgumentHelp: Sendable, ExpressibleByStringInterpolation {
    /// Its purpose.
    package var abstract: String
    /// The name between `<` and `>`; nil for the name of the option or argument.
    package var valueName: String?

    /// Makes a help text.
    package init(_ abstract: String, valueName: String? = nil) {
        self.abstract = abstract
        self.valueName = valueName
    }

    /// Makes a help text whose value is named after the property.
    package init(stringLiteral abstract: String) { self.init(abstract) }
}

/// The completions of a value.
package enum CompletionKind: Hashable, Sendable {
    /// No completions.
    case none
    /// Files with one of these extensions, or any files when there are none; and directories on the way.
    case file(extensions: [String] = [])
    /// Directories.
    case directory
    /// These words.
    case list([String])
}
