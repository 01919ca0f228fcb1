public import OCI

/// A file of a package, with its path below the package's own directory.
public struct PackageFile: Hashable, Sendable {
    private enum Place: Sendable {
        case memory([UInt8])
        case keeper(any PackageFileKeeper)
    }

    /// The path below the package directory.
    public let path: RelativePath
    /// The SHA-256 of the bytes. Package digest, SBOM and cache keys all want it, so it is computed once.
    public let digest: Digest
    /// The SHA-1 in hex, where the bytes were at hand only once and an SBOM may give it; else nil.
    let sha1: String?
    private let place: Place

    /// Names content.
    public init(path: RelativePath, content: [UInt8]) {
        self.init(path: path, content: content, digest: .sha256(of: content))
    }

    /// Names content whose SHA-256 is known.
    package init(path: RelativePath, content: [UInt8], digest: Digest) {
        self.path = path
        self.digest = digest
        sha1 = nil
        place = .memory(content)
    }

    /// Names content that is not in memory.
    package init(path: RelativePath, digest: Digest, sha1: String, keeper: any PackageFileKeeper) {
        self.path = path
        self.digest = digest
        self.sha1 = sha1
        place = .keeper(keeper)
    }

    /// Whether the bytes are in memory.
    package var isInMemory: Bool { if case .memory = place { true } else { false } }

    /// The bytes.
    public var content: [UInt8] {
        switch place {
        case .memory(let content): content
        case .keeper(let keeper): keeper.content(of: path)
        }
    }

    /// Whether path and content are the same; content is compared by its digest.
    public static func == (left: PackageFile, right: PackageFile) -> Bool {
        left.path == right.path && left.digest == right.digest
    }

    /// Hashes what is compared.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(digest)
    }
}

/// Gives the content of files that are not held in memory, while a check runs that may ask for few of them or none.
///
/// It cannot throw, since the checks are plain functions of values: a keeper remembers that it failed, and whoever runs
/// the checks throws their answer away then.
package protocol PackageFileKeeper: Sendable {
    /// The bytes of a file; nothing when they could not be had, which the keeper then remembers.
    func content(of path: RelativePath) -> [UInt8]
}
