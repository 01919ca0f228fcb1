/// What the help says about an option or an argument.
public struct ArgumentHelp: Sendable, ExpressibleByStringInterpolation {
    /// What it is for.
    public var abstract: String
    /// What stands between `<` and `>`; nil takes the option's or the argument's name.
    public var valueName: String?

    /// Makes a help text.
    public init(_ abstract: String, valueName: String? = nil) {
        self.abstract = abstract
        self.valueName = valueName
    }

    /// Makes a help text that leaves the value's name to the property.
    public init(stringLiteral abstract: String) { self.init(abstract) }
}
