internal import Documents

/// An in-toto statement about one subject, parsed strictly. Only decoded facts of the predicate are kept, because an
/// SBOM is large.
struct Statement: Sendable {
    /// The URI of the predicate type.
    let predicateType: String
    /// The subject's name: the repository that it was made for, perhaps with a tag.
    let name: String
    /// The subject's digest, as the statement has it.
    let digest: String
    /// The content of the predicate, or the reason why it is malformed.
    let content: Result<AttestationContent, DocumentError>

    /// Reads the payload of an envelope.
    ///
    /// - Throws: `DocumentError` when the payload is not such a statement.
    init(_ payload: [UInt8]) throws(DocumentError) {
        let json = try JSONParser.parse(payload, file: "the statement", limits: EvidenceLimits.statement)
        guard let type = json["_type"]?.string, SignatureFormat.statements.contains(type) else {
            throw DocumentError(.invalidDocument, "it is not an in-toto statement")
        }
        guard let predicateType = json["predicateType"]?.string, !predicateType.isEmpty else {
            throw DocumentError(.invalidDocument, "it has no predicateType")
        }
        guard let subjects = json["subject"]?.array, subjects.count == 1, let digests = subjects[0]["digest"]?.members,
            digests.count == 1, let hex = digests[0].value.string
        else { throw DocumentError(.invalidDocument, "it is not about exactly one subject with one digest") }
        self.predicateType = predicateType
        digest = "\(digests[0].key):\(hex)"
        name = subjects[0]["name"]?.string ?? ""
        do {
            content = .success(try AttestationContent(predicateType, json["predicate"]))
        } catch {
            content = .failure(error)
        }
    }
}
