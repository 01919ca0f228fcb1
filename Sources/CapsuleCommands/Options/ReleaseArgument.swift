internal import CapsuleCore
internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Support

/// A release on the command line: a `REF`, or `git-<sha>` in the configured repository.
enum ReleaseArgument: Sendable {
    case reference(Location)
    case identity(ReleaseIdentity)

    /// Parses it; what starts with `git-` and has no slash or colon can only be an identity.
    static func parse(_ text: String) throws -> ReleaseArgument {
        if text.hasPrefix("git-"), !text.contains("/"), !text.contains(":") {
            do {
                return .identity(try ReleaseIdentity(text))
            } catch {
                throw ValidationError(error.message)
            }
        }
        // A commit id, a branch, a version: no repository has such a short name, so this is no mistyped reference.
        if !text.contains(where: { "/:@".contains($0) }) {
            throw ValidationError(
                "\(quoted(text)) names no release; write git- and the full 40 (or 64) digit commit id, or a REF")
        }
        let location = try Parse.location(text)
        guard location.tag != nil || location.digest != nil else {
            throw ValidationError("\(location) names no release; add :git-<commit> or @sha256:…")
        }
        return .reference(location)
    }

    /// Where it is. An identity stands in the repository that the configuration names.
    func location(_ session: Session) throws -> Location {
        switch self {
        case .reference(let location): location
        case .identity: location(try session.requireConfiguration("a full REF"))
        }
    }

    /// Where it is, by a configuration that is at hand.
    func location(_ configuration: CapsuleConfiguration) -> Location {
        switch self {
        case .reference(let location): location
        case .identity(let identity): Location(configuration.capsule, tag: identity.tag)
        }
    }
}
