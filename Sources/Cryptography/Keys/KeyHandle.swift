internal import COpenSSL

/// Owns a key of OpenSSL, private or public.
///
/// It is kept as a number because a pointer is not `Sendable`. OpenSSL lets several threads use one key at a time as long as
/// nobody changes it, and nothing here does.
final class KeyHandle: Sendable {
    private let address: UInt

    /// Takes over a key that was just made; nil for the null pointer.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        address = UInt(bitPattern: pointer)
    }

    deinit { unsafe EVP_PKEY_free(OpaquePointer(bitPattern: address)) }

    /// Calls `body` with the key, which lives at least as long as the call.
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
        // What was wrong with it is not of interest, and must not be taken for the reason of a later failure.
        ERR_clear_error()
        return key
    }
}
