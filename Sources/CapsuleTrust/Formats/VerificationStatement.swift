internal import CapsuleCore
package import Documents
public import OCI
internal import Support

/// The statement that a release works in a stage, made by a smoke test or a person.
/// The predicate of `PredicateType.verification`.
public struct VerificationStatement: Hashable, Sendable {
    /// A file that documents the verification. The statement contains its name and digest, not its content.
    public struct Evidence: Hashable, Sendable {
        /// The file's name.
        public var name: String
        /// Its digest.
        public var digest: Digest

        /// Names a file.
        public init(name: String, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    /// The only result: a failed verification is not attested.
    static let passed = "passed"

    /// The stage.
    public var stage: String
    /// The time of the verification, in seconds since 1970.
    public var verifiedAt: Int64
    /// The file that documents the verification.
    public var evidence: Evidence?
    /// A page with details, such as that of the test run.
    public var url: String?

    /// Describes a verification.
    public init(stage: String, verifiedAt: Int64, evidence: Evidence? = nil, url: String? = nil) {
        self.stage = stage
        self.verifiedAt = verifiedAt
        self.evidence = evidence
        self.url = url
    }

    /// Reads a predicate strictly.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(_ predicate: JSONValue?) throws(DocumentError) {
        let top = try StrictObject(
            predicate ?? .null, file: "the verification statement",
            keys: ["stage", "verifiedAt", "result", "evidence", "url"])
        stage = try top.requiredParsed("stage", StatementText.stageName)
        verifiedAt = try top.requiredParsed("verifiedAt", StatementText.time)
        guard try top.requiredText("result") == Self.passed else {
            throw top.invalid(key: "result", "must be \(quoted(Self.passed))")
        }
        url = try top.parsed("url", StatementText.notEmpty)
        if let file = try top.object("evidence", keys: ["name", "sha256"]) {
            evidence = Evidence(
                name: try file.requiredParsed("name", StatementText.notEmpty),
                digest: try file.requiredParsed("sha256") { try Digest("sha256:\($0)") })
        }
    }

    /// The predicate, to be attested.
    public var predicate: AttestationPredicate {
        AttestationPredicate(
            type: PredicateType.verification,
            value: .members([
                "stage": .string(stage), "verifiedAt": .string(CapsuleFormat.timestamp(verifiedAt)),
                "result": .string(Self.passed),
                "evidence": evidence.map {
                    .members(["name": .string($0.name), "sha256": .string($0.digest.hex)])
                },
                "url": url.map { .string($0) },
            ]))
    }
}
