internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Support

/// A release on the command line: a `REF`, or `git-<sha>` in the configured repository.
enum ReleaseArgument: Sendable {
    case reference(Location)
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
        let location = try Parse.location(text)
        guard location.tag != nil || location.digest != nil else {
            throw ValidationError("\(location) names no release; add :git-<commit> or @sha256:…")
        }
        return .reference(location)
    }

    /// The location. An identity is in the repository that the configuration in this directory or above it names.
    func location(_ session: Session) throws -> Location {
        switch self {
        case .reference(let location): location
        case .identity: location(try session.requireConfiguration("a full REF"))
        }
    }

    /// The location. An identity is in the repository that `configuration` names.
    func location(_ configuration: CapsuleConfiguration) -> Location {
        switch self {
        case .reference(let location): location
        case .identity(let identity): Location(configuration.capsule, tag: identity.tag)
        }
    }
}
