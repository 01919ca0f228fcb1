package import CapsuleCore

/// The files of a package, as recorded in a commit.
package struct PackageSource: Sendable {
    /// The commit.
    package let commit: CommitID
    /// The commit's committer time, in seconds since 1970.
    package let committed: Int64
    /// The address of `origin`, without credentials; nil when the repository has none.
    package let repository: String?
    /// The files, with paths relative to the source directory, sorted.
    package let files: [PackageFile]
}
