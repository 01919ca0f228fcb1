/// The bytes that a DSSE signature is over. [DSSE protocol](https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md)
package enum PreAuthenticationEncoding {
    /// The encoding of a payload and its type. Lengths precede the texts, so that no two pairs have the same encoding.
    package static func bytes(payloadType: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
    }
}
