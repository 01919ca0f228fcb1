internal import Archive
internal import Documents
internal import OCI
internal import Support

/// The claim of a signed payload: a digest, the repository that it was signed for, and the attested content.
struct SignedClaim: Sendable {
    /// The digest, as the payload has it.
    let digest: String
    /// The repository, as the payload has it, perhaps with a tag.
    let reference: String
    /// The attested content.
    let content: AttestationContent

    /// Extracts the claim of an in-toto statement.
    ///
    /// - Throws: `DocumentError` when the predicate is malformed.
    init(_ statement: Statement) throws(DocumentError) {
        digest = statement.digest
        reference = statement.name
        content = try statement.content.get()
    }

    /// Reads the payload of a simple-signing signature strictly.
    ///
    /// - Throws: `DocumentError`
    init(simpleSigning payload: [UInt8]) throws(DocumentError) {
        try self.init(JSONParser.parse(payload, file: "the payload", limits: SignatureFormat.limits))
    }

    // https://github.com/containers/image/blob/v5.23.1/docs/containers-signature.5.md: an unknown critical field
    // makes the signature void. cosign writes `"optional": null`.
    private init(_ json: JSONValue) throws(DocumentError) {
        let top = try StrictObject(
            json, file: "the payload", keys: ["critical", "optional"], nulls: .sameAsMissing)
        let critical = try top.requiredObject("critical", keys: ["identity", "image", "type"])
        let identity = try critical.requiredObject("identity", keys: ["docker-reference"])
        let image = try critical.requiredObject("image", keys: ["docker-manifest-digest"])
        guard try critical.requiredText("type") == SignatureFormat.simpleSigningType else {
            throw critical.invalid(key: "type", "must be \(quoted(SignatureFormat.simpleSigningType))")
        }
        digest = try image.requiredText("docker-manifest-digest")
        reference = try identity.requiredText("docker-reference")
        content = .signature
    }

    /// True when the claim was made for a repository. A tag after its name is ignored, since the digest is what is signed.
    func names(_ repository: Repository) -> Bool {
        guard let named = try? ArtifactReference(reference), named.digest.map({ "\($0)" == digest }) ?? true else {
            return false
        }
        return named.store == .registry(repository)
    }
}
