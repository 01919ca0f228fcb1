/// What went wrong with a Git repository: what happened, to which thing, what to do.
public struct GitError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A URL, branch or revision that is not passed on to Git.
        public static let invalidName = Code("invalid-name")
        /// There is no `git` on this machine, or it is too old.
        public static let noGit = Code("no-git")
        /// A repository, branch, commit or path is not there.
        public static let notFound = Code("not-found")
        /// The commit's tree holds something that is not taken: a symlink, a submodule, too much.
        public static let unusableTree = Code("unusable-tree")
        /// The remote cannot be reached, or did not answer as it should.
        public static let unavailable = Code("unavailable")
        /// The remote refused this login.
        public static let unauthorized = Code("unauthorized")
        /// A branch moved while it was read; reading again may succeed.
        public static let moved = Code("moved")
        /// A local repository is damaged.
        public static let corrupt = Code("corrupt")
        /// Git failed for another reason.
        public static let failed = Code("failed")
    }

    /// The kind of failure.
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

    /// The message.
    public var description: String { message }
}
