package import CapsuleCore
internal import CommandParser
internal import OCI
internal import Rendering
internal import Support

/// Parsers of arguments. Text that does not parse ends the run with status 64 and the message of the type.
enum Parse {
    /// A `REF`.
    static func reference(_ text: String) throws -> ArtifactReference { try checked { try ArtifactReference(text) } }

    /// A repository, layout or archive: a `REF` without tag and digest.
    static func store(_ text: String) throws -> StoreReference {
        let reference = try reference(text)
        guard reference.tag == nil, reference.digest == nil else {
            throw ValidationError("\(quoted(text)) names a release; name the repository or layout alone")
        }
        return reference.store
    }

    /// A release of the configured application: `git-` and a whole commit id.
    static func identity(_ text: String) throws -> ReleaseIdentity { try checked { try ReleaseIdentity(text) } }

    /// A whole commit id.
    static func commit(_ text: String) throws -> CommitID { try checked { try CommitID(text) } }

    /// A digest.
    static func digest(_ text: String) throws -> Digest { try checked { try Digest(text) } }

    /// A repository name.
    static func repository(_ text: String) throws -> Repository { try checked { try Repository(text) } }

    /// A registry, as `host` or `host:port`, without or with `https://` and a slash at the end, as docker accepts it.
    static func registry(_ text: String) throws -> Repository {
        var host = text[...]
        for scheme in ["https://", "http://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
        if host.hasSuffix("/") { host = host.dropLast() }
        guard !host.contains("/"), !host.contains("@"), let repository = try? Repository("\(host)/login") else {
            throw ValidationError(
                "\(quoted(text.withoutLogin)) is not a registry; write its host, such as ghcr.io or registry.example.com:5000"
            )
        }
        return repository
    }

    /// A relative path.
    static func path(_ text: String) throws -> RelativePath { try checked { try RelativePath(text) } }

    /// A directory: `.` or a relative path.
    static func directory(_ text: String) throws -> TreeDirectory { try checked { try TreeDirectory(text) } }

    /// The name of a stage or a deployment.
    static func name(_ text: String) throws -> String {
        guard isDNSLabel(text) else {
            throw ValidationError(
                "\(quoted(text)) cannot name a stage or deployment; use 1 to 63 lowercase letters, digits and inner "
                    + "dashes")
        }
        return text
    }

    /// A time such as 30d.
    static func duration(_ text: String) throws -> DurationText {
        guard let duration = DurationText(text), duration.seconds > 0 else {
            throw ValidationError("\(quoted(text)) is not \(DurationText.forms)")
        }
        return duration
    }

    /// An HTTP or HTTPS URL.
    static func webAddress(_ text: String) throws -> String {
        guard ["https://", "http://"].contains(where: { text.hasPrefix($0) && text.count > $0.count }),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw ValidationError("\(quoted(text)) is not a web address; write https://…") }
        return text
    }

    private static func checked<Value>(_ parse: () throws -> Value) throws -> Value {
        do {
            return try parse()
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

extension PackageKind: ExpressibleByArgument {}
extension ReleaseForm: ExpressibleByArgument {}
