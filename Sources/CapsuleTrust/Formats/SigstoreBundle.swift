internal import Cryptography
internal import Documents
internal import Signing

/// A Sigstore bundle with a DSSE envelope of an in-toto statement.
/// [bundle format](https://docs.sigstore.dev/about/bundle/)
struct SigstoreBundle: Sendable {
    /// The statement's bytes, exactly as they were signed.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]

    /// The bundle's hint at the signing key, as Sigstore writes it.
    let hint: String?

    /// Reads a bundle. Certificates and log entries in it are ignored: signatures are verified with keys.
    ///
    /// - Throws: `DocumentError` unless it holds one envelope with exactly one signature.
    init(_ bytes: [UInt8], name: String) throws(DocumentError) {
        let json = try JSONParser.parse(bytes, file: name, limits: EvidenceLimits.outer)
        guard let mediaType = json["mediaType"]?.string, SignatureFormat.bundles.contains(mediaType) else {
            throw DocumentError(.invalidDocument, "\(name) is not a Sigstore bundle of a known version")
        }
        guard let dsse = json["dsseEnvelope"], json["messageSignature"] == nil else {
            throw DocumentError(.invalidDocument, "\(name) does not hold a DSSE envelope, which is required")
        }
        let envelope = try Envelope(dsse, name: name)
        payload = envelope.payload
        signature = envelope.signature
        hint = json["verificationMaterial"]?["publicKey"]?["hint"]?.string
    }

    /// The approximate size of a bundle for a statement of `count` bytes.
    static func size(of count: Int) -> Int { (count + 2) / 3 * 4 + 1024 }

    /// A bundle's text. Nothing in it needs escapes.
    static func encode(payload: [UInt8], signature: [UInt8], hint: String) -> [UInt8] {
        Array(
            (#"{"mediaType":"\#(SignatureFormat.bundle)","verificationMaterial":{"publicKey":{"hint":"\#(hint)"}},"#
                + #""dsseEnvelope":\#(Envelope.encode(payload: payload, signature: signature))}"#)
                .utf8)
    }
}
