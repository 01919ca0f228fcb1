public import OCI
internal import Support

/// The differences of two capsules: identity, images, and the package file by file. `capsule diff A B` shows them.
public struct CapsuleDiff: Codable, Sendable, Hashable {
    /// One of the two capsules.
    public struct Side: Codable, Sendable, Hashable {
        /// The release's identity.
        public let release: ReleaseIdentity
        /// The capsule's digest.
        public let digest: Digest
        /// The commit's time, RFC 3339.
        public let created: String?
    }

    /// A field of `release.yaml` that differs.
    public struct Field: Codable, Sendable, Hashable {
        /// The field's path, such as `package.entry`.
        public let field: String
        /// The old value; nil when there was none.
        public let old: String?
        /// The new value; nil when there is none.
        public let new: String?
    }

    /// A file that differs.
    public struct File: Codable, Sendable, Hashable {
        /// The kind of change.
        public enum Change: String, Codable, Sendable {
            /// Only the second capsule has the file.
            case added
            /// Only the first capsule has the file.
            case removed
            /// The bytes of the file differ.
            case changed
        }

        /// The path below the package, or in the capsule for metadata.
        public let path: String
        /// The kind of change.
        public let change: Change
        /// The digest in the first capsule; nil for an added file.
        public let old: Digest?
        /// The digest in the second capsule; nil for a removed file.
        public let new: Digest?
        /// The difference as `diff -u` writes it; nil for a file that is not text, is very large, or is metadata.
        public let diff: String?
    }

    /// The version of this JSON.
    public var schemaVersion = CapsuleFormat.documentSchema
    /// The first capsule.
    public let from: Side
    /// The second capsule.
    public let to: Side
    /// Fields that differ, without those of images.
    public let fields: [Field]
    /// Images that differ, by their name in the package; the application image is `image`.
    public let images: [Field]
    /// Files of the package that differ, by path.
    public let files: [File]
    /// Metadata that differs.
    public let metadata: [File]

    /// True when the two are the same capsule.
    public var isEmpty: Bool { from.digest == to.digest }

    /// Compares two capsules.
    public static func between(_ old: CapsuleContents, _ new: CapsuleContents) -> CapsuleDiff {
        CapsuleDiff(
            from: Side(old), to: Side(new), fields: compare(identity(old.release), identity(new.release)),
            images: compare(images(old.release), images(new.release)), files: packageFiles(old, new),
            metadata: metadataFiles(old, new))
    }

    private static func identity(_ release: ReleaseManifest) -> [(String, String?)] {
        [
            ("schemaVersion", release.schemaVersion), ("gitCommit", release.gitCommit.description),
            ("source.repository", release.source?.repository), ("source.path", release.source?.path),
            ("package.kind", release.package.kind.rawValue), ("package.path", release.package.path.description),
            ("package.entry", release.package.entry?.description), ("package.imageName", release.package.imageName),
            ("package.digest", release.package.digest?.description), ("packing", release.packing.map(String.init)),
        ]
    }

    private static func images(_ release: ReleaseManifest) -> [(String, String?)] {
        [("image", release.image.reference)] + (release.images ?? []).map { ($0.name ?? "", $0.reference) }
    }

    private static func compare(_ old: [(String, String?)], _ new: [(String, String?)]) -> [Field] {
        let before = Dictionary(old, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        return (old + new).map(\.0).filter { seen.insert($0).inserted }.compactMap { name in
            let (old, new) = (before[name] ?? nil, after[name] ?? nil)
            return old == new ? nil : Field(field: name, old: old, new: new)
        }
    }

    private static func packageFiles(_ old: CapsuleContents, _ new: CapsuleContents) -> [File] {
        func files(_ contents: CapsuleContents) -> [String: [UInt8]] {
            Dictionary(
                contents.package.files.map { ($0.path.description, $0.content) },
                uniquingKeysWith: { first, _ in first })
        }
        let (before, after) = (files(old), files(new))
        var pairs = StepBudget(limit: UnifiedDiff.maximumPairs)
        return Set(before.keys).union(after.keys).sorted { $0.precedesByBytes($1) }.compactMap { path in
            file(path, before[path], after[path], &pairs)
        }
    }

    private static func metadataFiles(_ old: CapsuleContents, _ new: CapsuleContents) -> [File] {
        let paths = Set((old.files + new.files).map(\.path).filter { $0.hasPrefix("metadata/") })
        return paths.sorted { $0.precedesByBytes($1) }.compactMap { path in
            let (before, after) = (old.content(of: path), new.content(of: path))
            return before == after ? nil : file(path, before, after, nil)
        }
    }

    /// - Parameter pairs: the budget of line pairs that the comparisons of all files share.
    private static func file(
        _ path: String, _ old: [UInt8]?, _ new: [UInt8]?, _ pairs: inout StepBudget
    ) -> File? {
        guard old != new else { return nil }
        return file(
            path, old, new,
            UnifiedDiff.between(
                old ?? [], new ?? [], oldName: old == nil ? "/dev/null" : "a/\(path)",
                newName: new == nil ? "/dev/null" : "b/\(path)", pairs: &pairs))
    }

    private static func file(_ path: String, _ old: [UInt8]?, _ new: [UInt8]?, _ diff: String?) -> File {
        File(
            path: path, change: old == nil ? .added : new == nil ? .removed : .changed,
            old: old.map { Digest.sha256(of: $0) }, new: new.map { Digest.sha256(of: $0) }, diff: diff)
    }
}

extension CapsuleDiff.Side {
    fileprivate init(_ contents: CapsuleContents) {
        self.init(
            release: contents.release.identity, digest: contents.manifest.digest,
            created: CapsuleFormat.timestamp(contents.manifest.created))
    }
}
