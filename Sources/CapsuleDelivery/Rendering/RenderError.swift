public import CapsuleCore

/// Why a render could not be carried out. A release that is refused is no failure: see ``RenderRejection``.
public struct RenderError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// No usable renderer is installed: none at all, or only versions that are too old.
        public static let noRenderer = Code("no-renderer")
        /// The renderer ended with an error, or crashed.
        public static let failed = Code("renderer-failed")
        /// The renderer ran past its deadline and was stopped.
        public static let deadline = Code("deadline")
        /// The renderer printed more than the limit and was stopped.
        public static let outputLimit = Code("output-limit")
        /// The private tree for the render cannot be written (disk full, permissions).
        public static let io = Code("io")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which deployment, and what to do. Paths in it are relative to the rendered tree.
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

/// The answer "no" to a render: the scan before it or a proof after it refuses the release for this deployment.
///
/// Exit status 65. Thrown, so that nothing that was refused can be taken for rendered manifests.
public struct RenderRejection: Error, Sendable, CustomStringConvertible {
    /// The deployment.
    public let deployment: String
    /// Everything that speaks against it, at least one.
    public let findings: [Finding]

    /// Refuses a render.
    public init(deployment: String, findings: [Finding]) {
        self.deployment = deployment
        self.findings = findings
    }

    /// One line for the deployment, and each finding on a line of its own.
    public var description: String {
        (["the render for deployment \(deployment) is refused:"] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}
