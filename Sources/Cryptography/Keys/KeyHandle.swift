internal import COpenSSL

/// Owns a private or public key of OpenSSL.
///
/// It is stored as a number because a pointer is not `Sendable`. Several threads may use one key at a time in OpenSSL while it
/// is not changed, and nothing here changes it.
final class KeyHandle: Sendable {
    private let address: UInt

    /// Takes over the ownership of a key; nil for the null pointer.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        address = UInt(bitPattern: pointer)
    }

    deinit { unsafe EVP_PKEY_free(OpaquePointer(bitPattern: address)) }

    /// Calls `body` with the key.
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else { OpenSSL.failed("using a key") }
        defer { extendLifetime(self) }
        return unsafe body(pointer)
    }

    /// Reads one DER value with `decode`, which must use up all of it.
    static func decode(
        _ der: [UInt8],
        _ decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> KeyHandle? {
        let key = unsafe der.withUnsafeBufferPointer { buffer -> KeyHandle? in
            var next = buffer.baseAddress
            guard let key = unsafe KeyHandle(decode(&next, buffer.count)),
                let start = buffer.baseAddress, unsafe next == start + buffer.count
            else { return nil }
            return key
        }
        // The reason must not be reported for a later failure.
        ERR_clear_error()
        return key
    }
}
