internal import Archive
internal import Documents
internal import OCI
internal import Support

/// The claim of a signed payload: a digest, the repository it was signed for, and what is attested of it.
struct SignedClaim: Sendable {
    /// The digest, as the payload has it.
    let digest: String
    /// The repository, as the payload has it, perhaps with a tag.
    let reference: String
    /// What is attested.
    let content: AttestationContent

    /// Takes the claim of an in-toto statement.
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
    // makes the signature void.
    private init(_ json: JSONValue) throws(DocumentError) {
        try Self.check(json, "the payload", known: ["critical", "optional"])
        try Self.check(json["critical"], "critical", known: ["identity", "image", "type"])
        let (identity, image) = (json["critical"]?["identity"], json["critical"]?["image"])
        try Self.check(identity, "critical.identity", known: ["docker-reference"])
        try Self.check(image, "critical.image", known: ["docker-manifest-digest"])
        guard json["critical"]?["type"]?.string == SignatureFormat.simpleSigningType else {
            throw Self.malformed("critical.type is not \(quoted(SignatureFormat.simpleSigningType))")
        }
        guard let digest = image?["docker-manifest-digest"]?.string,
            let reference = identity?["docker-reference"]?.string
        else { throw Self.malformed("it must name a manifest and a repository") }
        self.digest = digest
        self.reference = reference
        content = .signature
    }

    /// True when the claim was made for a repository. A tag after its name is ignored, since the digest is what is signed.
    func names(_ repository: Repository) -> Bool {
        guard let location = try? Location(reference), location.digest.map({ "\($0)" == digest }) ?? true else {
            return false
        }
        return location.place == .registry(repository)
    }

    private static func check(_ value: JSONValue?, _ name: String, known: [String]) throws(DocumentError) {
        guard let members = value?.members else { throw malformed("\(name) must be an object") }
        guard let unknown = members.first(where: { !known.contains($0.key) }) else { return }
        throw malformed("\(name) has the unknown key \(quoted(unknown.key))")
    }

    private static func malformed(_ what: String) -> DocumentError { DocumentError(.invalidDocument, what) }
}
