package import CapsuleCore

/// Environment policy: the files of the GitOps repository at one commit that a render may read.
///
/// Only regular files. Their paths are relative to the application's `root`: `envTypes/…` and `deployments/<name>/…`.
package struct PolicyTree: Sendable {
    /// The GitOps repository, as recorded in the release record: a URL without credentials, or a path.
    package let repository: String
    /// The commit.
    package let commit: CommitID
    /// The files, sorted by path.
    package let files: [PackageFile]

    /// Creates a tree from the files of a commit.
    package init(repository: String, commit: CommitID, files: [PackageFile]) {
        self.repository = repository
        self.commit = commit
        self.files = files.sorted { $0.path < $1.path }
    }
}
