/// A message authentication code: HMAC with SHA-256.
///
/// [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)
package enum MessageAuthentication {
    /// The block size of SHA-256 in bytes.
    private static let blockSize = 64

    /// The code of a message, 32 bytes.
    package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockSize ? HashFunction.hash(.sha256, of: key) : key
        block += Array(repeating: 0, count: blockSize - block.count)
        var inner = HashFunction(.sha256)
        inner.update(block.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = HashFunction(.sha256)
        outer.update(block.map { $0 ^ 0x5C })
        outer.update(inner.finalize())
        return outer.finalize()
    }
}
