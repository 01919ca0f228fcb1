internal import CapsuleCore
internal import OCI
public import Support

/// A failure of a Git repository: what happened, to which repository, branch or commit, and what to do.
public struct GitError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<GitError>

    /// Which failure this is.
    public let code: Code
    /// What happened, to which thing, and what to do.
    public let message: String
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension FailureCode where Owner == GitError {
    /// A URL, branch or revision that is not passed on to Git.
    public static var invalidName: Self { Self("git-invalid-name", .usage) }
    /// There is no `git` on this machine, or it is too old.
    public static var noGit: Self { Self("git-no-git", .failure) }
    /// A repository, branch, commit or path is not there.
    public static var notFound: Self { Self("git-not-found", .failure) }
    /// The commit's tree holds something that is not taken: a symlink, a submodule, too much.
    public static var unusableTree: Self { Self("git-unusable-tree", .rejected) }
    /// The remote cannot be reached, or did not answer as it should.
    public static var unavailable: Self { Self("git-unavailable", .unavailable) }
    /// The remote rejected this login.
    public static var unauthorized: Self { Self("git-unauthorized", .unauthorized) }
    /// A branch moved while it was read; reading again may succeed.
    public static var moved: Self { Self("git-moved", .unavailable) }
    /// A local repository is damaged.
    public static var corrupt: Self { Self("git-corrupt", .failure) }
    /// Git failed for another reason.
    public static var gitFailed: Self { Self("git-failed", .failure) }
}
