public import CapsuleCore

/// Environment policy: the files of the GitOps repository that a render may read, at one commit.
///
/// Paths are below the application's `root`: `envTypes/…` and `deployments/<name>/…`. Regular files only.
public struct PolicyTree: Sendable {
    /// The GitOps repository, as the record names it: a URL without credentials, or a path.
    public let repository: String
    /// The commit.
    public let commit: CommitID
    /// The files, sorted by path.
    public let files: [PackageFile]

    /// Takes the files of a commit.
    public init(repository: String, commit: CommitID, files: [PackageFile]) {
        self.repository = repository
        self.commit = commit
        self.files = files.sorted { $0.path < $1.path }
    }
}
