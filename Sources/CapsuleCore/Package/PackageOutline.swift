package import OCI

/// A package of which some files are known only by their digests. A verifier uses it, because the checks need the bytes
/// of few files and a package may be large.
package struct PackageOutline: Sendable {
    /// A file that was hashed when it was read and not kept.
    package struct HashedFile: Sendable {
        /// The path below the directory of the package.
        package let path: RelativePath
        /// The SHA-256 of the bytes.
        package let digest: Digest
        /// The SHA-1 of the bytes in hex, which SPDX requires.
        package let sha1: String

        package init(path: RelativePath, digest: Digest, sha1: String) {
            self.path = path
            self.digest = digest
            self.sha1 = sha1
        }
    }

    /// A file of either sort.
    enum File: Sendable {
        case inMemory(PackageFile)
        case hashed(HashedFile)

        var path: RelativePath {
            switch self {
            case .inMemory(let file): file.path
            case .hashed(let file): file.path
            }
        }

        var digest: Digest {
            switch self {
            case .inMemory(let file): file.digest
            case .hashed(let file): file.digest
            }
        }
    }

    /// The kind of package.
    package let kind: PackageKind
    /// The directory of a Kustomize package that is rendered; nil for Helm.
    package let entry: TreeDirectory?
    /// The files whose bytes are in memory, sorted by path.
    let files: [PackageFile]
    /// The files whose bytes are not in memory.
    package let hashedFiles: [HashedFile]

    /// Every file, sorted by path.
    let allFiles: [File]

    /// Creates an outline of files, which may be in any order.
    package init(kind: PackageKind, entry: TreeDirectory?, files: [PackageFile], hashedFiles: [HashedFile]) {
        self.kind = kind
        self.entry = entry
        self.files = files.sorted { $0.path < $1.path }
        self.hashedFiles = hashedFiles
        allFiles = (files.map { .inMemory($0) } + hashedFiles.map { .hashed($0) }).sorted { $0.path < $1.path }
    }

    /// Creates an outline of a package whose files are all in memory.
    init(_ package: PackageTree) {
        self.init(kind: package.kind, entry: package.entry, files: package.files, hashedFiles: [])
    }

    /// The paths of every file, in no order.
    package var paths: [RelativePath] { files.map(\.path) + hashedFiles.map(\.path) }

    /// The number of files.
    package var count: Int { files.count + hashedFiles.count }

    /// The package digest of `format.md` §5.
    package var digest: Digest { FileListDigest.compute(allFiles.map { ($0.path, $0.digest) }) }

    /// The package with the bytes of every file.
    ///
    /// - Parameter content: gives the bytes of a file that is not in memory.
    package func tree(_ content: (HashedFile) throws -> [UInt8]) rethrows -> PackageTree {
        let others = try hashedFiles.map {
            PackageFile(path: $0.path, content: try content($0), digest: $0.digest)
        }
        return PackageTree(kind: kind, entry: entry, files: files + others)
    }
}
