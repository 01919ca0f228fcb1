/// The result of a gate of a stage for a release.
public struct GateResult: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The gates.
    public enum Gate: String, Hashable, Sendable, Codable, CaseIterable {
        /// The upstream stage holds the release, or held it, by digest.
        case after
        /// The upstream stage has held it long enough.
        case soak
        /// A file is on the GitOps branch.
        case requires
        /// The release is not older than what the stage holds.
        case order
        /// The stage does not hold other content under the same identity.
        case digest
        /// The evidence that the policy requires is there.
        case evidence
    }

    /// The subject of the order gate when it is open because the stage held the release before.
    public static let rollback = "rollback"

    /// The gate.
    public var gate: Gate
    /// The subject: an upstream stage, a path.
    public var subject: String?
    /// True when the gate is open.
    public var ok: Bool
    /// Why it is open or closed.
    public var reason: String
    /// What opens it; nil when it is open.
    public var remedy: String?
    /// When time alone will open it, RFC 3339.
    public var opensAt: String?

    /// A result.
    public init(
        _ gate: Gate, subject: String? = nil, ok: Bool, reason: String, remedy: String? = nil, opensAt: String? = nil
    ) {
        self.gate = gate
        self.subject = subject
        self.ok = ok
        self.reason = reason
        self.remedy = remedy
        self.opensAt = opensAt
    }

    /// `after staging: reason; remedy`.
    public var description: String {
        "\(gate.rawValue)\(subject.map { " \($0)" } ?? ""): \(reason)" + (remedy.map { "; \($0)" } ?? "")
    }
}
