package import Archive
package import OCI
internal import Support
internal import Synchronization

/// The files of a capsule's layer, each hashed in the one pass that reads and checks the archive.
package struct LayerContents: Sendable {
    /// The files that stay in memory.
    package enum Retention: Sendable {
        /// All of them, for readers that compare or print files.
        case everything
        /// `release.yaml`, the metadata, and the files of the package that its checks usually read.
        case forChecks

        func keeps(_ path: String) -> Bool {
            switch self {
            case .everything: true
            case .forChecks: !path.hasPrefix(LayerContents.packagePrefix) || PackageLint.usuallyReads(path)
            }
        }
    }

    private struct File: Sendable {
        enum Content: Sendable {
            case bytes([UInt8])
            case hashed(sha1: String)
        }

        let path: String
        let size: Int64
        let digest: Digest
        let content: Content
    }

    private static let packagePrefix = "package/"

    /// The files, in the order of the layer.
    private let files: [File]
    private let byPath: [String: [UInt8]]
    /// The files that are not in memory.
    private let deferred: DeferredFileContents
    /// The one modification time of all entries.
    package let modified: Int64?
    /// The digest of the layer before compression.
    package let unpacked: Digest

    /// Reads a layer to its end.
    ///
    /// - Parameters:
    ///   - form: the form of the release.
    ///   - staged: receives each entry as it is read.
    /// - Throws: `ArchiveError`
    package init(
        reading layer: [UInt8], of form: ReleaseForm = .capsule, keeping retention: Retention,
        into staged: StagedTree? = nil
    ) throws {
        let hashed = Mutex<[File]>([])
        var modified: Int64?
        let hash = try handingOver { (entry: ArchiveEntry, bytes: [UInt8]) in
            try staged?.add(entry, bytes)
            guard entry.kind == .file else { return }
            let file = File(
                path: entry.path, size: entry.size, digest: .sha256(of: bytes),
                content: retention.keeps(entry.path) ? .bytes(bytes) : .hashed(sha1: FileHashes.sha1(bytes)))
            hashed.withLock { $0.append(file) }
        } _: { handOver in
            try LayerReader(layer, kind: form.layer).hashingEntries { entry, bytes in
                modified = entry.modified
                try handOver((entry, bytes), bytes.count)
            }
        }
        let files = hashed.withLock { $0 }
        var byPath: [String: [UInt8]] = [:]
        for file in files { if case .bytes(let bytes) = file.content { byPath[file.path] = bytes } }
        self.files = files
        self.byPath = byPath
        self.modified = modified
        unpacked = Digest(algorithm: .sha256, hash: hash)
        deferred = DeferredFileContents(layer, kind: form.layer) { !retention.keeps($0) }
    }

    /// The number of files.
    package var count: Int { files.count }

    /// Path, size and digest of every file, in the order of the layer: `release.yaml` first, then by path.
    var listing: [CapsuleContents.File] {
        files.map { CapsuleContents.File(path: $0.path, size: $0.size, digest: $0.digest) }
    }

    /// The paths of the files below `package/`.
    package var packagePaths: [String] { files.map(\.path).filter { $0.hasPrefix(Self.packagePrefix) } }

    /// The bytes of a file that is kept in memory; nil when there is none. `release.yaml` and the metadata always are.
    package func content(of path: String) -> [UInt8]? { byPath[path] }

    /// The files below a directory, by their paths in it.
    package func outline(below directory: RelativePath, kind: PackageKind, entry: TreeDirectory?) throws(CapsuleError)
        -> PackageOutline
    {
        let prefix = directory.description + "/"
        var inMemory: [PackageFile] = []
        var hashed: [PackageOutline.HashedFile] = []
        for file in files where file.path.utf8.starts(with: prefix.utf8) {
            let path = try RelativePath(String(Substring(file.path.utf8.dropFirst(prefix.utf8.count))))
            switch file.content {
            case .bytes(let content):
                inMemory.append(PackageFile(path: path, content: content, digest: file.digest))
            case .hashed(let sha1):
                hashed.append(PackageOutline.HashedFile(path: path, digest: file.digest, sha1: sha1))
            }
        }
        return PackageOutline(kind: kind, entry: entry, files: inMemory, hashedFiles: hashed)
    }

    /// The whole package of an outline that was made of this layer. Files that are not in memory are unpacked from the
    /// layer's bytes when this is called for the first time, and stay in memory.
    ///
    /// - Throws: `ArchiveError`
    package func tree(of outline: PackageOutline, below directory: RelativePath) throws -> PackageTree {
        try outline.tree { file in try deferred.content(of: "\(directory)/\(file.path)") }
    }
}
