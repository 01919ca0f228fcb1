internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Support

/// A release on the command line: a `REF`, or `git-<sha>` in the configured repository.
enum ReleaseArgument: Sendable {
    case reference(ArtifactReference)
    case identity(ReleaseIdentity)

    /// Parses a release. Text that starts with `git-` and has no slash or colon is an identity.
    static func parse(_ text: String) throws -> ReleaseArgument {
        if text.hasPrefix("git-"), !text.contains("/"), !text.contains(":") {
            do {
                return .identity(try ReleaseIdentity(text))
            } catch {
                throw ValidationError(error.message)
            }
        }
        // No repository has such a short name: the text is a commit id, a branch or a version, not a mistyped
        // reference.
        if !text.contains(where: { "/:@".contains($0) }) {
            throw ValidationError(
                "\(quoted(text)) is not a release; write git- and the full 40 (or 64) digit commit id, or a REF")
        }
        let reference = try Parse.reference(text)
        guard reference.tag != nil || reference.digest != nil else {
            throw ValidationError("\(reference) names no release; add :git-<commit> or @sha256:…")
        }
        return .reference(reference)
    }

    /// True when the release is in a registry, as far as the argument tells.
    var isInRegistry: Bool {
        switch self {
        case .reference(let reference): reference.store.isRegistry
        case .identity: true
        }
    }

    /// The reference. An identity is in the repository that the configuration in this directory or above it names.
    func reference(_ session: Session) throws -> ArtifactReference {
        switch self {
        case .reference(let reference): reference
        case .identity: reference(try session.requireConfiguration("a full REF"))
        }
    }

    /// The reference. An identity is in the repository that `configuration` names.
    func reference(_ configuration: CapsuleConfiguration) -> ArtifactReference {
        switch self {
        case .reference(let reference): reference
        case .identity(let identity): ArtifactReference(configuration.capsule, tag: identity.tag)
        }
    }
}
