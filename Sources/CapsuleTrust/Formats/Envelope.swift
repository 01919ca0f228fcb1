internal import Cryptography
internal import Documents
internal import Signing

/// A DSSE envelope of an in-toto statement.
/// [DSSE envelope](https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md)
struct Envelope: Sendable {
    /// The statement's bytes, exactly as they were signed.
    let payload: [UInt8]
    /// The signature in DER.
    let signature: [UInt8]

    /// Reads an envelope.
    ///
    /// - Throws: `DocumentError` for anything but exactly one signature: with two, one reader could check the first and
    ///   another the second.
    init(_ json: JSONValue, name: String) throws(DocumentError) {
        guard json["payloadType"]?.string == SignatureFormat.statementPayload else {
            throw DocumentError(.invalidDocument, "\(name) does not hold an in-toto statement")
        }
        guard let signatures = json["signatures"]?.array, signatures.count == 1 else {
            throw DocumentError(
                .invalidDocument,
                "\(name) has \(json["signatures"]?.array?.count ?? 0) signatures in its envelope; it must have one")
        }
        guard let payload = json["payload"]?.string.flatMap(Base64.decode),
            let signature = signatures[0]["sig"]?.string.flatMap(Base64.decode)
        else { throw DocumentError(.invalidDocument, "\(name): its payload or signature is not base64") }
        self.payload = payload
        self.signature = signature
    }

    /// An envelope's text. Nothing in it needs escapes.
    static func encode(payload: [UInt8], signature: [UInt8]) -> String {
        #"{"payload":"\#(Base64.encode(payload))","payloadType":"\#(SignatureFormat.statementPayload)","#
            + #""signatures":[{"sig":"\#(Base64.encode(signature))"}]}"#
    }
}
