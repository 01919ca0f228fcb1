public import CapsuleCore

/// The files of a package, as recorded in a commit.
public struct PackageSource: Sendable {
    /// The commit.
    public let commit: CommitID
    /// The commit's committer time, in seconds since 1970.
    public let committed: Int64
    /// The address of `origin`, without credentials; nil when the repository has none.
    public let repository: String?
    /// The files, with paths relative to the source directory, sorted.
    public let files: [PackageFile]
}
