/// Whether a stage may take a release that is older than the one it holds.
public enum Rollback: String, Hashable, Sendable, Codable, ExpressibleByBooleanLiteral {
    /// No.
    case never
    /// When this very stage held that release before, by digest. For engines that promote whatever they are told to, where
    /// going back is no flag but an order: a release that was never here is not put forward as newer by one.
    case held
    /// Yes: a person said so.
    case always

    /// `true` is ``always``.
    public init(booleanLiteral value: Bool) { self.init(value) }

    /// `true` is ``always``.
    public init(_ flag: Bool) { self = flag ? .always : .never }
}
