/// Options and arguments that belong together: a structure whose properties are wrapped in `Option`, `Flag`, `Argument` and
/// `OptionGroup`.
///
/// An instance that `init()` made has the declarations and the defaults. The parser fills it in; afterwards it is only read.
public protocol ParsableArguments: Sendable {
    /// Makes one that holds the defaults. The compiler writes it, from the wrappers.
    init()

    /// Checks what no single value shows. It is called when every value is there, for groups before what holds them.
    ///
    /// - Throws: `ValidationError`, whose message the person reads.
    func validate() throws
}

extension ParsableArguments {
    /// Finds nothing wrong.
    public func validate() throws {}
}
