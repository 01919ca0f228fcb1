/// What a gate of a stage says about a release.
public struct GateResult: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The gates there are.
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
        /// The evidence that the policy asks for is there.
        case evidence
    }

    /// The subject of the order gate when it is open because the stage held the release before.
    public static let rollback = "rollback"

    /// Which gate.
    public var gate: Gate
    /// What it looked at: an upstream stage, a path.
    public var subject: String?
    /// Whether the release may pass.
    public var ok: Bool
    /// Why, or why not.
    public var reason: String
    /// What would open it; nil when it is open.
    public var remedy: String?
    /// When time alone will open it, RFC 3339.
    public var opensAt: String?

    /// States a result.
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
