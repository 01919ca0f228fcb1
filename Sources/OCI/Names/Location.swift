/// Where OCI content lives: a repository on a registry, an image layout on disk, or a layout in one tar file.
public enum Place: Hashable, Sendable, CustomStringConvertible {
    /// A repository on a registry.
    case registry(Repository)
    /// `oci:PATH`: an OCI image layout directory.
    case layout(path: String)
    /// `oci-archive:FILE`: an OCI image layout in a tar file.
    case archive(path: String)

    /// The text that parses to this place.
    public var description: String {
        switch self {
        case .registry(let repository): repository.description
        case .layout(let path): "oci:\(path)"
        case .archive(let path): "oci-archive:\(path)"
        }
    }
}

/// A `REF` as the command line takes it: a place, and in it a tag, a digest, both or neither.
///
/// `registry/repo:tag`, `registry/repo@sha256:…`, `registry/repo:tag@sha256:…`, `oci:PATH[:tag][@digest]` and
/// `oci-archive:FILE[:tag][@digest]`.
public struct Location: Hashable, Sendable, CustomStringConvertible {
    /// Where the content lives.
    public var place: Place
    /// The tag, when one is given.
    public var tag: Tag?
    /// The digest, when one is given: then the content must be this.
    public var digest: Digest?

    /// Puts a location together from its parts.
    public init(_ place: Place, tag: Tag? = nil, digest: Digest? = nil) {
        self.place = place
        self.tag = tag
        self.digest = digest
    }

    /// Parses a `REF`.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ string: String) throws(OCIError) {
        var rest = Substring(string)
        var digest: Digest?
        if let at = rest.lastIndex(of: "@"), let parsed = try? Digest(String(rest[rest.index(after: at)...])) {
            digest = parsed
            rest = rest[..<at]
        } else if let at = rest.lastIndex(of: "@"), !rest.hasPrefix("oci") {
            digest = try Digest(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        for (scheme, make) in [
            ("oci:", { Place.layout(path: $0) }), ("oci-archive:", { Place.archive(path: $0) }),
        ] as [(String, (String) -> Place)] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            var tag: Tag?
            if let colon = rest.lastIndex(of: ":"), let parsed = try? Tag(String(rest[rest.index(after: colon)...])) {
                tag = parsed
                rest = rest[..<colon]
            }
            guard !rest.isEmpty, !rest.utf8.contains(0) else {
                throw OCIError(
                    .invalidName, "\(quoted(string)) names no path; write \(scheme)PATH or \(scheme)PATH:tag")
            }
            self.init(make(String(rest)), tag: tag, digest: digest)
            return
        }
        var tag: Tag?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/"), rest[..<colon].contains("/") {
            tag = try Tag(String(rest[rest.index(after: colon)...]))
            rest = rest[..<colon]
        }
        self.init(.registry(try Repository(String(rest))), tag: tag, digest: digest)
    }

    /// The text that parses to this location.
    public var description: String {
        place.description + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}
