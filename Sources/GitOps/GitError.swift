internal import CapsuleCore
internal import OCI
public import Support

/// A failure of a Git repository: what happened, to which repository, branch or commit, and what to do.
public struct GitError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<GitError>

    /// The code of the failure.
    public let code: Code
    /// The message: what happened, to which thing, and what to do.
    public let message: String
    /// The underlying error, if there is one.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension FailureCode where Owner == GitError {
    /// A URL, branch or revision that must not be passed to Git.
    public static var invalidName: Self { Self("git-invalid-name", .usage) }
    /// `git` is missing on this machine, or is too old.
    public static var noGit: Self { Self("git-no-git", .failure) }
    /// A repository, branch, commit or path does not exist.
    public static var notFound: Self { Self("git-not-found", .failure) }
    /// The commit's tree holds something that a package must not contain: a symlink, a submodule, or too many or too
    /// large files.
    public static var unusableTree: Self { Self("git-unusable-tree", .rejected) }
    /// Git's output is larger than its limit.
    public static var tooLarge: Self { Self("git-too-large", .rejected) }
    /// The remote cannot be reached, or its answer is invalid.
    public static var unavailable: Self { Self("git-unavailable", .unavailable) }
    /// The remote rejected this login.
    public static var unauthorized: Self { Self("git-unauthorized", .unauthorized) }
    /// Git failed, and its words do not say whether the remote is the reason.
    public static var undetermined: Self { Self("git-undetermined", .unavailable) }
    /// A branch moved while it was read; a retry may succeed.
    public static var moved: Self { Self("git-moved", .unavailable) }
    /// A local repository is damaged.
    public static var corrupt: Self { Self("git-corrupt", .failure) }
    /// A repository on this machine belongs to another user, whose hooks and configuration would run as this user.
    public static var foreignOwner: Self { Self("git-foreign-owner", .failure) }
    /// Git failed for another reason.
    public static var gitFailed: Self { Self("git-failed", .failure) }
}

extension GitError {
    /// True unless the failure is proven to be another one than damage of the repository that objects are read from, or
    /// a full disk below it.
    var mayBeOfCache: Bool {
        switch code {
        case .unavailable, .unauthorized, .moved, .invalidName, .noGit, .unusableTree, .foreignOwner: false
        default: true
        }
    }
}
