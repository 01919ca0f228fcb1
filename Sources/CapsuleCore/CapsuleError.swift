internal import OCI

/// What went wrong with a capsule or one of the documents around it: what happened, to which thing, what to do.
public struct CapsuleError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A name, identity or path does not follow its grammar.
        public static let invalidName = Code("invalid-name")
        /// A YAML or JSON document is not what it should be; the message names file and line.
        public static let invalidDocument = Code("invalid-document")
        /// The package breaks the layout contract or is not closed.
        public static let invalidPackage = Code("invalid-package")
        /// Supplied metadata (SBOM, provenance) does not fit the release.
        public static let invalidMetadata = Code("invalid-metadata")
        /// A limit of the format is exceeded; the message names it.
        public static let limitExceeded = Code("limit-exceeded")
        /// Something that was asked for is not there.
        public static let notFound = Code("not-found")
        /// What was found under a reference is no capsule, or a damaged one; the findings say why.
        public static let notACapsule = Code("not-a-capsule")
        /// A capsule of that identity exists with other content.
        public static let alreadyPublished = Code("already-published")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which thing, and what to do.
    public let message: String
    /// Every problem, where one run of a check found several.
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

    /// The same problem, as one of a capsule that was read: the release is refused, and whoever named it did nothing wrong.
    func inCapsule(_ digest: Digest) -> CapsuleError {
        CapsuleError(
            .notACapsule,
            "\(digest) is no sound capsule: \(message); do not use it, build and publish a new release",
            findings: findings, cause: self)
    }

    /// The message, and each finding on a line of its own.
    public var description: String {
        ([message] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}
