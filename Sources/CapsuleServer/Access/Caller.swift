/// The sender of a request, as its token identifies it.
struct Caller: Sendable {
    /// The name of the token, for logs.
    let name: String
    let roles: Set<Role>

    var mayVerify: Bool { roles.contains(.verify) }

    /// True when the caller may promote to at least one stage, which is checked before the stage is known.
    var mayPromote: Bool { roles.contains { if case .promote = $0 { true } else { false } } }

    func mayPromote(to stage: String) -> Bool {
        roles.contains(.promote(stage: nil)) || roles.contains(.promote(stage: stage))
    }

    /// True when the caller may attest at least one stage. A promotion attests as well.
    var mayAttest: Bool { mayPromote || roles.contains { if case .attest = $0 { true } else { false } } }

    func mayAttest(_ stage: String) -> Bool {
        mayPromote(to: stage) || roles.contains(.attest(stage: nil)) || roles.contains(.attest(stage: stage))
    }
}
