internal import Support

/// A `REF` of the command line: a store, and in it a tag, a digest, both or neither.
///
/// `registry/repo:tag`, `registry/repo@sha256:…`, `registry/repo:tag@sha256:…`, `oci:PATH[:tag][@digest]` and
/// `oci-archive:FILE[:tag][@digest]`.
public struct ArtifactReference: Hashable, Sendable, CustomStringConvertible {
    /// The store of the content.
    public var store: StoreReference
    /// The tag, when one is given.
    public var tag: Tag?
    /// The digest, when one is given. The content must have it.
    public var digest: Digest?

    /// Creates a reference from its parts.
    public init(_ store: StoreReference, tag: Tag? = nil, digest: Digest? = nil) {
        self.store = store
        self.tag = tag
        self.digest = digest
    }

    /// Parses a `REF`.
    ///
    /// The last segment of a path ends at its first `:`. The text after it must be a tag, so a mistyped tag is an error
    /// and not another path. A path may contain an `@`, but not before text that looks like a digest.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ string: String) throws(OCIError) {
        let scheme = Scheme.allCases.first { string.utf8.starts(with: $0.rawValue.utf8) }
        if string.utf8.starts(with: "\(scheme?.rawValue ?? "")//".utf8) || (scheme == nil && string.contains("://")) {
            throw OCIError(
                .invalidName,
                "\(quoted(string.withoutLogin)) is a URL; write a registry as registry/name:tag and a layout as oci:PATH:tag"
            )
        }
        var rest = Substring(string.utf8.dropFirst(scheme?.rawValue.utf8.count ?? 0))
        var digest: Digest?
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let text = rest[rest.utf8.index(after: at)...]
            if scheme == nil || Self.isMeantAsDigest(text) {
                digest = try Digest(String(text))
                rest = rest[..<at]
            }
        }
        var tag: Tag?
        let segment = rest.utf8.lastIndex(of: UInt8(ascii: "/")).map { rest.utf8.index(after: $0) }
        if scheme != nil || segment != nil,
            let colon = rest.utf8[(segment ?? rest.startIndex)...].firstIndex(of: UInt8(ascii: ":"))
        {
            tag = try Tag(String(rest[rest.utf8.index(after: colon)...]))
            rest = rest[..<colon]
        }
        guard let scheme else {
            self.init(.registry(try Repository(String(rest))), tag: tag, digest: digest)
            return
        }
        guard !rest.isEmpty, !rest.utf8.contains(0) else {
            throw OCIError(
                .invalidName,
                "\(quoted(string)) names no path; write \(scheme.rawValue)PATH or \(scheme.rawValue)PATH:tag")
        }
        let path = String(rest)
        self.init(scheme == .layout ? .layout(path: path) : .archive(path: path), tag: tag, digest: digest)
    }

    private enum Scheme: String, CaseIterable {
        case layout = "oci:"
        case archive = "oci-archive:"
    }

    /// True when the text after an `@` in a path looks like a digest, well formed or not.
    private static func isMeantAsDigest(_ text: Substring) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), !text.utf8.contains(UInt8(ascii: "/")) else {
            return false
        }
        let hash = text.utf8[text.utf8.index(after: colon)...]
        return ["sha", "md5", "blake"].contains { text.lowercased().hasPrefix($0) }
            || (hash.count >= 32 && hash.allSatisfy(Digest.isLowercaseHex))
    }

    /// The text that parses to this reference.
    public var description: String {
        store.description + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}
