internal import CapsuleCore
internal import GitOps
internal import OCI
internal import Support

/// What a token is good for.
enum Role: Hashable, Sendable {
    /// Verifying, and preparing a promotion without a push.
    case verify
    /// Having it attested that a stage, or any, holds a release.
    case attest(stage: String?)
    /// Promoting, to one stage or to any.
    case promote(stage: String?)

    /// Parses `verify`, or `attest` and `promote` with or without `:STAGE`.
    init(_ text: String) throws(CapsuleError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let stage = parts.count == 2 ? String(parts[1]) : nil
        switch (parts.first, stage?.isEmpty) {
        case ("verify", nil): self = .verify
        case ("attest", nil), ("attest", false): self = .attest(stage: stage)
        case ("promote", nil), ("promote", false): self = .promote(stage: stage)
        default:
            throw CapsuleError(
                .invalidName,
                "\(quoted(text)) is no role; write verify, attest, attest:STAGE, promote or promote:STAGE")
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

    /// Whether any stage's holdings may be attested; a promotion attests, too.
    var mayAttest: Bool { mayPromote || roles.contains { if case .attest = $0 { true } else { false } } }

    func mayAttest(_ stage: String) -> Bool {
        mayPromote(to: stage) || roles.contains(.attest(stage: nil)) || roles.contains(.attest(stage: stage))
    }
}
