/// What went wrong with a Git repository or a render: what happened, to which thing, what to do. A release that is refused is no
/// failure: see ``RenderRejection``.
public struct DeliveryError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A URL, branch or revision that is not passed on to Git.
        public static let invalidName = Code("git-invalid-name")
        /// There is no `git` on this machine, or it is too old.
        public static let noGit = Code("git-no-git")
        /// A repository, branch, commit or path is not there.
        public static let notFound = Code("git-not-found")
        /// The commit's tree holds something that is not taken: a symlink, a submodule, too much.
        public static let unusableTree = Code("git-unusable-tree")
        /// The remote cannot be reached, or did not answer as it should.
        public static let unavailable = Code("git-unavailable")
        /// The remote refused this login.
        public static let unauthorized = Code("git-unauthorized")
        /// A branch moved while it was read; reading again may succeed.
        public static let moved = Code("git-moved")
        /// A local repository is damaged.
        public static let corrupt = Code("git-corrupt")
        /// Git failed for another reason.
        public static let gitFailed = Code("git-failed")

        /// No usable renderer is installed: none at all, or only versions that are too old.
        public static let noRenderer = Code("no-renderer")
        /// The renderer ended with an error, or crashed.
        public static let rendererFailed = Code("renderer-failed")
        /// The renderer ran past its deadline and was stopped.
        public static let deadline = Code("deadline")
        /// The renderer printed more than the limit and was stopped.
        public static let outputLimit = Code("output-limit")
        /// The private tree for the render cannot be written (disk full, permissions).
        public static let io = Code("io")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which thing, and what to do. Paths about a render are relative to the rendered tree.
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
