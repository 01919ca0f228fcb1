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
    // makes the signature void.
    private init(simpleSigning json: JSONValue) throws(DocumentError) {
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
        else { throw Self.malformed("it names no manifest or no repository") }
        self.init(digest: digest, reference: reference, content: .signature)
    }

    /// Whether the claim was made for a repository. A tag after its name says nothing: the digest is what was signed.
    func names(_ repository: Repository) -> Bool {
        guard let location = try? Location(reference), location.digest.map({ "\($0)" == digest }) ?? true else {
            return false
        }
        return location.place == .registry(repository)
    }

    private static func check(_ value: JSONValue?, _ name: String, known: [String]) throws(DocumentError) {
        guard let members = value?.members else { throw malformed("\(name) is missing, or no object") }
        guard let unknown = members.first(where: { !known.contains($0.key) }) else { return }
        throw malformed("\(name) has the unknown key \(quoted(unknown.key))")
    }

    private static func malformed(_ what: String) -> DocumentError { DocumentError(.invalidDocument, what) }
}
