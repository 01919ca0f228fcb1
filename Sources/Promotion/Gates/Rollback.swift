/// The condition for replacing the release that a stage holds by an older one.
public enum Rollback: String, Hashable, Sendable, Codable, ExpressibleByBooleanLiteral {
    /// An older release is rejected.
    case never
    /// An older release is allowed only if this stage held it before, by digest. For Kargo, which has no flag for a
    /// rollback.
    case held
    /// An older release is allowed.
    case always

    /// `true` is ``always``.
    public init(booleanLiteral value: Bool) { self.init(value) }

    /// `true` is ``always``.
    public init(_ flag: Bool) { self = flag ? .always : .never }
}
