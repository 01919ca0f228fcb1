/// The result of a gate of a stage for a release.
public struct GateResult: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The kinds of gates.
    public enum Gate: String, Hashable, Sendable, Codable, CaseIterable {
        /// The upstream stage holds the release or has held it, compared by digest.
        case after
        /// The upstream stage has held the release for the required time.
        case soak
        /// A required file exists on the GitOps branch.
        case requires
        /// The release is not older than the one that the stage holds.
        case order
        /// The stage does not hold other content under the same identity.
        case digest
        /// The release has the evidence that the policy requires.
        case evidence
        /// A promotion with an earlier policy commit obeys the rules at the head of the policy branch as well.
        case policy
    }

    /// The subject of the order gate when it is open because the stage held the release before.
    public static let rollback = "rollback"

    /// The gate.
    public var gate: Gate
    /// The subject, such as an upstream stage or a path.
    public var subject: String?
    /// True when the gate is open.
    public var ok: Bool
    /// The reason why the gate is open or closed.
    public var reason: String
    /// The remedy that opens the gate; nil when it is open.
    public var remedy: String?
    /// The time at which the gate opens without further action, RFC 3339.
    public var opensAt: String?

    /// Creates a result.
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

    /// True when these results return a stage to an older release that it held.
    package static func isRollback(_ gates: [GateResult]) -> Bool {
        gates.contains { $0.gate == .order && $0.subject == rollback }
    }

    /// `after staging: reason; remedy`.
    public var description: String {
        "\(gate.rawValue)\(subject.map { " \($0)" } ?? ""): \(reason)" + (remedy.map { "; \($0)" } ?? "")
    }
}
