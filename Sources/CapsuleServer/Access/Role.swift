internal import CapsuleCore
internal import OCI

/// What a token is good for.
enum Role: Hashable, Sendable {
    /// Verifying, and preparing a promotion without a push.
    case verify
    /// Promoting, to one stage or to any.
    case promote(stage: String?)

    /// Parses `verify`, `promote` or `promote:STAGE`.
    init(_ text: String) throws(CapsuleError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("verify", 1): self = .verify
        case ("promote", 1): self = .promote(stage: nil)
        case ("promote", 2) where !parts[1].isEmpty: self = .promote(stage: String(parts[1]))
        default:
            throw CapsuleError(.invalidName, "\(quoted(text)) is no role; write verify, promote or promote:STAGE")
        }
    }
}

/// Who asks, as far as tokens say it.
struct Caller: Sendable {
    /// The token's name, for logs.
    let name: String
    let roles: Set<Role>

    var mayVerify: Bool { roles.contains(.verify) }

    /// Whether any stage may be promoted to: what can be said before it is known which.
    var mayPromote: Bool { roles.contains { if case .promote = $0 { true } else { false } } }

    func mayPromote(to stage: String) -> Bool {
        roles.contains(.promote(stage: nil)) || roles.contains(.promote(stage: stage))
    }
}
