internal import COpenSSL

/// The OpenSSL library that is loaded.
package enum OpenSSL {
    /// The name and version of the library that is loaded, such as `OpenSSL 3.0.17 1 Jul 2025`. It may be newer than the
    /// one that the program was compiled with.
    package static var version: String {
        guard let text = unsafe OpenSSL_version(OPENSSL_VERSION) else { return "OpenSSL" }
        return unsafe String(cString: text)
    }

    /// Returns and clears the error of this thread's last failed call.
    static func lastError() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "OpenSSL reports no reason" }
        var text = [CChar](repeating: 0, count: 256)
        unsafe text.withUnsafeMutableBufferPointer { unsafe ERR_error_string_n(code, $0.baseAddress, $0.count) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Ends the program: an operation failed that can fail only without memory, such as hashing.
    static func failed(_ doing: String) -> Never { preconditionFailure("\(doing) failed: \(lastError())") }

    /// The DER that an `i2d` function writes: called once for the size, and once for the bytes.
    static func encode(_ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
        let size = encode(nil)
        guard size > 0 else { failed("writing DER") }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var next = buffer.baseAddress
            guard unsafe encode(&next) == size else { failed("writing DER") }
            count = Int(size)
        }
    }
}
