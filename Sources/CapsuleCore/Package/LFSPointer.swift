package import OCI
package import Support

/// A pointer of Git LFS: the text that Git has in place of a file whose content is in a store of its own.
/// [Specification](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)
package struct LFSPointer: Sendable {
    /// Pointers have fewer bytes than this, as the specification says.
    private static let maximumSize = 1024
    /// The first line; the second address is that of versions before 1.0.
    private static let versions = [
        "version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/",
    ]

    /// The digest and the size of the content; nil when the pointer is malformed.
    package let target: (digest: Digest, size: Int)?

    /// Reads a pointer; nil for any other content.
    package init?(_ content: some Collection<UInt8>) {
        guard content.count < Self.maximumSize, Self.versions.contains(where: { content.starts(with: $0.utf8) }) else {
            return nil
        }
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: content, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { fields[parts[0]] = parts[1] }
        }
        guard let digest = fields["oid"].flatMap({ try? Digest(String($0), naming: "a file in Git LFS") }),
            let size = fields["size"].flatMap({ Int($0) }), size >= 0
        else {
            target = nil
            return
        }
        target = (digest, size)
    }

    /// The finding for a file that is a pointer.
    ///
    /// - Parameter thing: the content that is missing, with its article.
    package static func finding(rule: String, file: String, of thing: String = "the file") -> Finding {
        Finding(
            rule: rule, file: file, message: "is a pointer of Git LFS, not \(thing) itself",
            remedy: "commit \(thing) itself, without Git LFS, or run `git lfs fetch` in the clone that is built from")
    }
}
