internal import Documents
internal import FoundationEssentials
internal import Support

/// The `index.json` of a layout: its tags, and the manifests that it lists without one.
///
/// [image-spec, index.json](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file)
package struct LayoutIndex: Equatable, Sendable {
    /// The annotation that makes an entry a tag.
    package static let referenceName = "org.opencontainers.image.ref.name"
    /// 16 MiB: some ten thousand releases with their evidence, and still quick to read whole.
    package static let maximumSize: Int64 = 16 << 20

    /// The limits for decoding the file: several times the values of an index of the largest size.
    private static let limits = JSONLimits(bytes: Int(maximumSize), depth: 64, values: 4_000_000)

    private struct Document: Codable, Equatable, Sendable {
        var schemaVersion: Int
        var mediaType: String?
        var artifactType: String?
        var manifests: [Descriptor]?
        var subject: Descriptor?
        var annotations: [String: String]?
    }
    private var document: Document
    private let path: String

    /// Every entry, in the file's order.
    package private(set) var entries: [Descriptor] {
        get { document.manifests ?? [] }
        set { document.manifests = newValue }
    }

    /// Decodes the file.
    ///
    /// - Throws: `OCIError.Code.invalidManifest`
    package init(_ bytes: [UInt8], path: String) throws(OCIError) {
        self.path = path
        do {
            _ = try JSONParser.parse(
                bytes, file: path, limits: Self.limits, keys: DecodedManifest.keys, visit: { _, _ in })
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch {
            throw OCIError(
                .invalidManifest, "\(path) is not the index of an OCI layout; its other content is intact", cause: error
            )
        }
        guard document.schemaVersion == 2 else {
            throw OCIError(.invalidManifest, "\(path): schemaVersion is \(document.schemaVersion), not 2")
        }
    }

    /// An empty index.
    package static func empty(path: String) -> LayoutIndex {
        LayoutIndex(document: Document(schemaVersion: 2, mediaType: MediaType.imageIndex, manifests: []), path: path)
    }

    private init(document: Document, path: String) {
        self.document = document
        self.path = path
    }

    /// Encodes the file. Fields that this program does not change keep the values that were read.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try Array(encoder.encode(document))
        guard bytes.count <= Self.maximumSize else {
            throw OCIError(
                .tooLarge, "\(path) would have \(bytes.count) bytes, more than \(Self.maximumSize); use another layout")
        }
        return bytes
    }

    /// The descriptor that a tag names.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when it names two different manifests: another program could use the
    ///   other one.
    package func entry(_ tag: Tag) throws(OCIError) -> Descriptor? {
        let named = entries.filter { $0.referenceName == tag.description }
        guard let first = named.first else { return nil }
        guard named.allSatisfy({ $0.digest == first.digest }) else {
            throw OCIError(
                .invalidManifest, "\(path) gives the tag \(tag) to more than one manifest; remove all but one")
        }
        return first
    }

    /// Every name that is a valid tag. Names in other forms, such as whole references, are ignored.
    package var tags: Set<Tag> { Set(entries.compactMap { $0.referenceName.flatMap { try? Tag($0) } }) }

    /// True when a manifest is listed, with a tag or without.
    package func lists(_ digest: Digest) -> Bool { entries.contains { $0.digest == digest } }

    /// The manifests whose subject is `digest`: of those that are listed, and those that the fallback tag of other
    /// programs lists. Types and annotations come from the manifests, not from the lists.
    package func referrers(
        of digest: Digest, known: SubjectCache = SubjectCache(), read: (Digest) throws(OCIError) -> RawManifest?
    ) throws -> [Descriptor] {
        // The index may also list content that is not a manifest, which has no subject.
        var candidates = Set(entries.filter { MediaType.isManifest($0.mediaType) }.map(\.digest))
        if let fallback = try entry(digest.referrersTag), let list = try read(fallback.digest),
            MediaType.isIndex(list.descriptor.mediaType)
        {
            candidates.formUnion(try list.imageIndex().manifests.map(\.digest))
        }
        return try candidates.sorted().compactMap { candidate in
            try Task.checkCancellation()
            guard candidate != digest, known.mayBe(candidate, about: digest), let manifest = try read(candidate) else {
                return nil
            }
            let subject = try manifest.subject()?.digest
            known.keep(candidate, about: subject)
            return subject == digest ? try manifest.referrerDescriptor() : nil
        }
    }

    /// Sorts the entries, so that their order does not depend on the order of the writes.
    package mutating func sort() {
        entries.sort { ($0.digest, $0.referenceName ?? "") < ($1.digest, $1.referenceName ?? "") }
    }

    /// Lists a manifest without a tag, unless it is listed.
    package mutating func keep(_ manifest: Descriptor) {
        if !lists(manifest.digest) { entries.append(manifest) }
    }

    /// Points a tag at a manifest, and returns the digests that it named before.
    package mutating func tag(_ manifest: Descriptor, as tag: Tag) -> [Digest] {
        let replaced = entries.filter { $0.referenceName == tag.description }.map(\.digest)
        var entry = manifest
        entry.annotations = [Self.referenceName: tag.description]
        entries.removeAll {
            $0.referenceName == tag.description || ($0.digest == manifest.digest && $0.referenceName == nil)
        }
        entries.append(entry)
        return replaced.filter { !lists($0) }
    }
}

extension Descriptor {
    fileprivate var referenceName: String? { annotations?[LayoutIndex.referenceName] }
}
