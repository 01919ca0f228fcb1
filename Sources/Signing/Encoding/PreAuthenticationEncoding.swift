/// What a DSSE signature is made over. [DSSE protocol](https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md)
package enum PreAuthenticationEncoding {
    /// The bytes for a payload of a type: lengths before texts, so that no two pairs give the same bytes.
    package static func bytes(payloadType: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}
