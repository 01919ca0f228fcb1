internal import CapsuleCore
internal import OCI
internal import Signing

/// A Sigstore bundle with a DSSE envelope of an in-toto statement.
/// [bundle format](https://docs.sigstore.dev/about/bundle/)
struct SigstoreBundle: Sendable {
    /// The statement's bytes, exactly as they were signed.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]

    /// Reads a bundle. Certificates and log entries in it are passed over: here, keys decide.
    ///
    /// - Throws: `CapsuleError` for anything but one envelope with exactly one signature: with two, one reader could check
    ///   the first and another the second.
    init(_ bytes: [UInt8], name: String) throws(CapsuleError) {
        let json = try JSONParser.parse(bytes, file: name, limits: SignatureFormat.limits)
        guard let mediaType = json["mediaType"]?.string, SignatureFormat.bundles.contains(mediaType) else {
            throw CapsuleError(.invalidDocument, "\(name) is no Sigstore bundle of a known version")
        }
        guard let envelope = json["dsseEnvelope"], json["messageSignature"] == nil else {
            throw CapsuleError(.invalidDocument, "\(name) holds no DSSE envelope, which alone says what was signed")
        }
        guard envelope["payloadType"]?.string == SignatureFormat.statementPayload else {
            throw CapsuleError(.invalidDocument, "\(name) does not hold an in-toto statement")
        }
        guard let signatures = envelope["signatures"]?.array, signatures.count == 1 else {
            throw CapsuleError(
                .invalidDocument,
                "\(name) has \(envelope["signatures"]?.array?.count ?? 0) signatures in its envelope; it must have one")
        }
        guard let payload = envelope["payload"]?.string.flatMap(Base64.decode),
            let signature = signatures[0]["sig"]?.string.flatMap(Base64.decode)
        else { throw CapsuleError(.invalidDocument, "\(name): its payload or signature is not base64") }
        self.payload = payload
        self.signature = signature
    }

    /// A bundle's text. Nothing in it needs escapes.
    static func encode(payload: [UInt8], signature: [UInt8], hint: String) -> [UInt8] {
        Array(
            (#"{"mediaType":"\#(SignatureFormat.bundle)","verificationMaterial":{"publicKey":{"hint":"\#(hint)"}},"#
                + #""dsseEnvelope":{"payload":"\#(Base64.encode(payload))","payloadType":""#
                + #"\#(SignatureFormat.statementPayload)","signatures":[{"sig":"\#(Base64.encode(signature))"}]}}"#)
                .utf8)
    }
}
