internal import CapsuleCore
internal import OCI

/// What a signed payload says: this digest, in this repository.
struct SignedClaim: Hashable, Sendable {
    /// The digest, as it stands there.
    let digest: String
    /// The repository, as it stands there, perhaps with a tag.
    let reference: String

    /// Reads the payload of a signature.
    ///
    /// - Throws: `CapsuleError` for what is no such payload, strictly read.
    init(_ candidate: SignatureCandidate) throws(CapsuleError) {
        let json = try JSONParser.parse(candidate.payload, file: "the payload", limits: SignatureFormat.limits)
        switch candidate.form {
        case .simpleSigning: try self.init(simpleSigning: json)
        case .bundle: try self.init(statement: json)
        }
    }

    // https://github.com/containers/image/blob/v5.23.1/docs/containers-signature.5.md: an unknown critical field
    // makes the signature void.
    private init(simpleSigning json: JSONValue) throws(CapsuleError) {
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
        self.digest = digest
        self.reference = reference
    }

    private init(statement json: JSONValue) throws(CapsuleError) {
        guard let type = json["_type"]?.string, SignatureFormat.statements.contains(type) else {
            throw Self.malformed("it is no in-toto statement")
        }
        guard json["predicateType"]?.string == SignatureFormat.signPredicate else {
            throw Self.malformed(
                "its predicate is \(quoted(json["predicateType"]?.string ?? "")), which does not sign a release")
        }
        guard let subjects = json["subject"]?.array, subjects.count == 1, let digests = subjects[0]["digest"]?.members,
            digests.count == 1, let hex = digests[0].value.string
        else { throw Self.malformed("it is not about exactly one subject with one digest") }
        digest = "\(digests[0].key):\(hex)"
        reference = subjects[0]["name"]?.string ?? ""
    }

    /// Whether the claim was made for a repository. A tag after its name says nothing: the digest is what was signed.
    func names(_ repository: Repository) -> Bool {
        guard let location = try? Location(reference), location.digest.map({ "\($0)" == digest }) ?? true else {
            return false
        }
        return location.place == .registry(repository)
    }

    private static func check(_ value: JSONValue?, _ name: String, known: [String]) throws(CapsuleError) {
        guard let members = value?.members else { throw malformed("\(name) is missing, or no object") }
        guard let unknown = members.first(where: { !known.contains($0.key) }) else { return }
        throw malformed("\(name) has the unknown key \(quoted(unknown.key))")
    }

    private static func malformed(_ what: String) -> CapsuleError { CapsuleError(.invalidDocument, what) }
}
