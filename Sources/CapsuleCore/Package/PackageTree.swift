package import OCI

/// The files of a package, sorted by the bytes of their paths.
package struct PackageTree: Sendable {
    /// The kind of package.
    package let kind: PackageKind
    /// The directory of a Kustomize package that is rendered; nil for Helm.
    package let entry: TreeDirectory?
    /// The files, sorted.
    package let files: [PackageFile]

    /// Creates a package of files, which may be in any order.
    package init(kind: PackageKind, entry: TreeDirectory?, files: [PackageFile]) {
        self.kind = kind
        self.entry = entry
        self.files = files.sorted { $0.path < $1.path }
    }

    /// The package digest of `format.md` §5.
    package var digest: Digest {
        FileListDigest.compute(files)
    }
}

/// The digest of a set of files, as coreutils would compute it: `format.md` §5.
///
/// `find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum`
package enum FileListDigest {
    /// The digest of files in any order.
    package static func compute(_ files: [PackageFile]) -> Digest {
        compute(files.map { ($0.path, $0.digest) })
    }

    /// The digest of files in any order, each by its path and the digest of its content.
    static func compute(_ files: [(path: RelativePath, digest: Digest)]) -> Digest {
        var hasher = Digest.Hasher(.sha256)
        var line: [UInt8] = []
        for file in files.sorted(by: { $0.path < $1.path }) {
            line.removeAll(keepingCapacity: true)
            line += file.digest.hex.utf8
            line += "  ".utf8
            line += file.path.description.utf8
            line += "\n".utf8
            hasher.update(line)
        }
        return hasher.finalize()
    }
}
