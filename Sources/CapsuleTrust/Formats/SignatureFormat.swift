internal import Documents
internal import OCI

/// The names and sizes of the two forms that signatures are kept in.
enum SignatureFormat {
    /// The media type of a simple-signing payload, as cosign stores it.
    static let simpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json"
    /// The annotation of such a layer that holds the signature in base64.
    static let signatureAnnotation = "dev.cosignproject.cosign/signature"
    /// The `type` of a simple-signing payload.
    static let simpleSigningType = "cosign container image signature"
    /// The bundle that is written: Sigstore's v0.3.
    static let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json"
    /// The bundles that are read.
    static let bundles = [
        bundle, "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.2", "application/vnd.dev.sigstore.bundle+json;version=0.1",
    ]
    /// The annotation of a bundle's manifest with the predicate type of its statement.
    static let predicateAnnotation = "dev.sigstore.bundle.predicateType"
    /// The annotation of a bundle's manifest with the kind of its content.
    static let contentAnnotation = "dev.sigstore.bundle.content"
    /// The annotation of a layer of cosign's `.att` manifest with the predicate type of its statement.
    static let layerPredicateAnnotation = "predicateType"
    /// The media type of an envelope in cosign's `.att` manifest.
    static let envelope = "application/vnd.dsse.envelope.v1+json"
    /// The payload type of in-toto statements in a DSSE envelope.
    static let statementPayload = "application/vnd.in-toto+json"
    /// The types of statements that are read; the first is written.
    static let statements = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]
    /// The predicate of a statement that signs, as cosign 3 writes it.
    static let signPredicate = "https://sigstore.dev/cosign/sign/v1"

    /// The limits for reading a simple-signing payload.
    static let limits = JSONLimits(bytes: Int(EvidenceLimits.payload), depth: 16, values: 10_000)

    /// The tag under which cosign stores the signatures of a manifest.
    static func signatureTag(_ digest: Digest) throws(OCIError) -> Tag { try tag(digest, ".sig") }

    /// The tag under which cosign stores evidence about a manifest: `.sig` signatures, `.att` attestations.
    static func tag(_ digest: Digest, _ suffix: String) throws(OCIError) -> Tag {
        try Tag("\(digest.algorithm.rawValue)-\(digest.hex)\(suffix)")
    }

    /// The payload that is signed for cosign's `.sig` manifest. Nothing in it needs escapes.
    static func payload(_ digest: Digest, repository: Repository) -> [UInt8] {
        Array(
            (#"{"critical":{"identity":{"docker-reference":"\#(repository)"},"image":{"docker-manifest-digest":""#
                + #"\#(digest)"},"type":"\#(simpleSigningType)"},"optional":null}"#).utf8)
    }

    /// The statement that is signed for a bundle: a predicate about a capsule, whose JSON is inserted byte for byte.
    static func statement(_ digest: Digest, repository: Repository, _ predicate: AttestationPredicate) -> [UInt8] {
        Array(
            (#"{"_type":"\#(statements[0])","subject":[{"name":"\#(repository)","digest":{"#
                + #""\#(digest.algorithm.rawValue)":"\#(digest.hex)"}}],"predicateType":"\#(predicate.type)","predicate":"#)
                .utf8) + predicate.bytes + [UInt8(ascii: "}")]
    }
}
