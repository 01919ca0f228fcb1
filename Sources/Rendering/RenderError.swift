public import Support

/// The failure of a renderer to produce manifests. A render that the proofs reject is a ``RenderRejection``.
public struct RenderError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<RenderError>

    /// The code of the failure.
    public let code: Code
    /// The message: what happened, to which thing, and what to do. Paths are relative to the rendered tree.
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

extension FailureCode where Owner == RenderError {
    /// No usable renderer is installed: none at all, or only versions that are too old.
    public static var noRenderer: Self { Self("no-renderer", .failure) }
    /// The renderer crashed, was killed or could not be started. One that refuses the package says
    /// something about the package, and is not this error.
    public static var rendererFailed: Self { Self("renderer-failed", .failure) }
    /// The renderer exceeded its deadline and was stopped.
    public static var deadline: Self { Self("deadline", .failure) }
    /// The renderer printed more than the limit and was stopped: a fault of the package.
    public static var outputLimit: Self { Self("output-limit", .rejected) }
    /// The renderer needed more memory than the limit, or than the machine had.
    public static var memoryLimit: Self { Self("memory-limit", .failure) }
    /// A limit of renders is not set to a number that can be one.
    public static var invalidLimit: Self { Self("invalid-limit", .usage) }
    /// The private tree for the render cannot be written (disk full, permissions).
    public static var io: Self { Self("io", .failure) }
}
