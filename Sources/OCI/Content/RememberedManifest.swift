/// A manifest that a tag named when a list of tags was last read. The tag may name another one now.
public struct RememberedManifest: Sendable {
    /// The tag.
    public let tag: Tag
    /// The digest of the manifest that it named.
    public let digest: Digest
    /// The time by which the list is sorted, without white space; empty when there is none.
    public let created: String
    /// The bytes as they were stored: they may be damaged.
    private let content: ArraySlice<UInt8>

    /// Notes a manifest that was read.
    public init(_ manifest: RawManifest, tag: Tag, created: String) {
        self.init(tag: tag, digest: manifest.descriptor.digest, created: created, content: manifest.bytes[...])
    }

    private init(tag: Tag, digest: Digest, created: String, content: ArraySlice<UInt8>) {
        self.tag = tag
        self.digest = digest
        self.created = created
        self.content = content
    }

    /// The manifest; nil when the bytes do not have its digest.
    public var manifest: RawManifest? { try? RawManifest(detecting: Array(content), digest: digest) }

    private static let newline = UInt8(ascii: "\n")
    private static let title = "release-capsule tags 1"

    /// The manifests in one text, after a line with the digest of the rest: for each a line `TAG DIGEST CREATED SIZE`, and its
    /// bytes.
    package static func encode(_ manifests: [RememberedManifest]) -> [UInt8] {
        var body: [UInt8] = []
        for entry in manifests {
            body += "\(entry.tag) \(entry.digest) \(entry.created) \(entry.content.count)\n".utf8
            body += entry.content
        }
        return Array("\(title) \(Digest.sha256(of: body))\n".utf8) + body
    }

    /// The manifests in a text; none when it was damaged.
    package static func decode(_ text: [UInt8]) -> [RememberedManifest] {
        guard let end = text.firstIndex(of: newline), case var rest = text[(end + 1)...],
            text[..<end].elementsEqual("\(title) \(Digest.sha256(of: rest))".utf8)
        else { return [] }
        var manifests: [RememberedManifest] = []
        while let end = rest.firstIndex(of: newline) {
            let words = String(decoding: rest[..<end], as: UTF8.self)
                .split(separator: " ", omittingEmptySubsequences: false)
            rest = rest[(end + 1)...]
            guard words.count == 4, let tag = try? Tag(String(words[0])), let digest = try? Digest(String(words[1])),
                let size = Int(words[3]), (0...rest.count).contains(size)
            else { return [] }
            manifests.append(
                RememberedManifest(tag: tag, digest: digest, created: String(words[2]), content: rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return manifests
    }
}

/// What a tag names, compared with a manifest that is known.
public enum TaggedManifest: Sendable {
    /// Still the known manifest.
    case unchanged
    /// This manifest.
    case manifest(RawManifest)
    /// There is no such tag.
    case missing
}
