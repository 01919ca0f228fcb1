internal import Documents
internal import OCI
public import Support

/// An error about a capsule: what happened, to which thing, and what to do.
public struct CapsuleError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<CapsuleError>

    /// The code of the failure.
    public let code: Code
    /// The text of the error: what happened, to which thing, and what to do.
    public let message: String
    /// All problems, when one run of a check found several.
    public let findings: [Finding]
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, findings: [Finding] = [], cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.findings = findings
        self.cause = cause
    }

    /// The error for a problem in a capsule that was read. It rejects the release; it is not a usage error.
    static func inCapsule(_ digest: Digest, _ problem: some Failure) -> CapsuleError {
        CapsuleError(
            .notACapsule,
            "\(digest) is not a valid capsule: \(problem.message); do not use it, build and publish a new release",
            findings: problem.findings, cause: problem)
    }
}

extension FailureCode where Owner == CapsuleError {
    /// A name, identity or path does not follow its grammar.
    public static var invalidName: Self { Self("invalid-name", .usage) }
    /// The package breaks the layout contract or is not closed.
    public static var invalidPackage: Self { Self("invalid-package", .rejected) }
    /// Supplied metadata (SBOM, provenance) does not fit the release.
    public static var invalidMetadata: Self { Self("invalid-metadata", .rejected) }
    /// A limit of the format is exceeded; the message names it.
    public static var limitExceeded: Self { Self("limit-exceeded", .rejected) }
    /// The requested thing does not exist.
    public static var notFound: Self { Self("not-found", .failure) }
    /// The referenced content is not a capsule, or a damaged one; the findings say why.
    public static var notACapsule: Self { Self("not-a-capsule", .rejected) }
    /// The release is a pair, and the GitOps repository with its witness was not named.
    public static var witnessRequired: Self { Self("witness-required", .usage) }
    /// A capsule of that identity exists with other content.
    public static var alreadyPublished: Self { Self("already-published", .rejected) }
}
