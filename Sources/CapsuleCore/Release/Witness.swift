package import Documents
public import OCI
internal import Support

/// The witness of a pair that was verified: its place, and its bytes by digest.
public struct WitnessReference: Hashable, Sendable, Codable {
    /// The path in the GitOps repository.
    public var path: RelativePath
    /// The commit that it was read at.
    public var commit: CommitID
    /// The SHA-256 of its bytes.
    public var digest: Digest

    /// Names a witness.
    public init(path: RelativePath, commit: CommitID, digest: Digest) {
        self.path = path
        self.commit = commit
        self.digest = digest
    }
}

/// The witness of a pair as the GitOps repository has it at a commit: `release.yaml` with the digest of the package.
/// `format.md` §11. Nothing is verified.
package struct Witness: Sendable {
    /// The repository, without credentials.
    package let repository: String
    /// The path that the witness of the release must have.
    package let path: RelativePath
    /// The commit that it was read at.
    package let commit: CommitID
    /// The bytes; nil when there is no regular file at the path.
    package let content: [UInt8]?
    /// The number of commits whose history was examined.
    package let commits: Int
    /// The reasons why it is not the one witness of its release: another version in the history, or a second file.
    package var faults: [String]

    package init(
        repository: String, path: RelativePath, commit: CommitID, content: [UInt8]?, commits: Int, faults: [String]
    ) {
        self.repository = repository
        self.path = path
        self.commit = commit
        self.content = content
        self.commits = commits
        self.faults = faults
    }

    /// The path of a release's witness, below the directory of its application; nil for the root of the repository.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package static func path(of release: ReleaseIdentity, root: RelativePath?) throws(CapsuleError) -> RelativePath {
        let path = try RelativePath("\(CapsuleFormat.witnessDirectory)/\(release).yaml")
        return try root?.appending(path) ?? path
    }

    /// The place in messages: path, commit and repository.
    package var place: String { "\(path) at commit \(commit.short) of \(repository)" }

    /// The place and the digest of the bytes; nil when there is no file.
    package var reference: WitnessReference? {
        content.map { WitnessReference(path: path, commit: commit, digest: .sha256(of: $0)) }
    }

    /// Reads the release, strictly.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package func release() throws(DocumentError) -> ReleaseManifest {
        guard let content else {
            throw DocumentError(.invalidDocument, "there is no witness \(quoted(path.description))")
        }
        return try ReleaseManifest.decode(yaml: content, file: path.description, as: .pair)
    }
}

/// Reads the witness of a release from the GitOps repository that the user named.
package typealias WitnessSource = @Sendable (ReleaseIdentity) async throws -> Witness
