internal import Archive
internal import Documents
internal import OCI
internal import Support

/// What a signed payload says: this, of this digest, in this repository.
struct SignedClaim: Sendable {
    /// The digest, as it stands there.
    let digest: String
    /// The repository, as it stands there, perhaps with a tag.
    let reference: String
    /// What is said of it.
    let content: AttestationContent

    /// Takes what the payload of a piece of evidence says.
    ///
    /// - Throws: `DocumentError` for what is no such payload, strictly read.
    init(_ piece: SignedPiece) throws(DocumentError) {
        guard let statement = try piece.statement?.get() else {
            try self.init(
                simpleSigning: JSONParser.parse(piece.payload, file: "the payload", limits: SignatureFormat.limits))
            return
        }
        self.init(
            digest: statement.digest, reference: statement.name, content: try statement.content.get())
    }

    private init(digest: String, reference: String, content: AttestationContent) {
        self.digest = digest
        self.reference = reference
        self.content = content
    }

    // https://github.com/containers/image/blob/v5.23.1/docs/containers-signature.5.md: an unknown critical field
    // makes the signature void. cosign writes `"optional": null`.
    private init(simpleSigning json: JSONValue) throws(DocumentError) {
        let top = try JSONObject(
            json, file: "the payload", keys: ["critical", "optional"], nulls: .sameAsMissing)
        let critical = try top.requiredObject("critical", keys: ["identity", "image", "type"])
        let identity = try critical.requiredObject("identity", keys: ["docker-reference"])
        let image = try critical.requiredObject("image", keys: ["docker-manifest-digest"])
        guard try critical.requiredText("type") == SignatureFormat.simpleSigningType else {
            throw critical.invalid(key: "type", "must be \(quoted(SignatureFormat.simpleSigningType))")
        }
        self.init(
            digest: try image.requiredText("docker-manifest-digest"),
            reference: try identity.requiredText("docker-reference"), content: .signature)
    }

    /// Whether the claim was made for a repository. A tag after its name says nothing: the digest is what was signed.
    func names(_ repository: Repository) -> Bool {
        guard let location = try? Location(reference), location.digest.map({ "\($0)" == digest }) ?? true else {
            return false
        }
        return location.place == .registry(repository)
    }
}
