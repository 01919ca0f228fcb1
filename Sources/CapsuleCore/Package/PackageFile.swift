public import OCI

/// A file of a package: its path and its bytes.
public struct PackageFile: Hashable, Sendable {
    /// The path below the directory of the package.
    public let path: RelativePath
    /// The SHA-256 of the bytes, computed once: the package digest, the SBOM and cache keys all contain it.
    public let digest: Digest
    /// The bytes.
    public let content: [UInt8]

    /// Creates a file and computes the SHA-256 of its bytes.
    package init(path: RelativePath, content: [UInt8]) {
        self.init(path: path, content: content, digest: .sha256(of: content))
    }

    /// Creates a file whose SHA-256 is known.
    package init(path: RelativePath, content: [UInt8], digest: Digest) {
        self.path = path
        self.digest = digest
        self.content = content
    }

    /// True when path and content are equal; the contents are compared by their digests.
    public static func == (left: PackageFile, right: PackageFile) -> Bool {
        left.path == right.path && left.digest == right.digest
    }

    /// Hashes the values that `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(digest)
    }
}
