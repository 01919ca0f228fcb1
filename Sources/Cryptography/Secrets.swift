internal import COpenSSL

/// Cryptographically secure random bytes.
package enum SecureRandom {
    /// `count` random bytes from OpenSSL's generator, which the system seeds.
    package static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // The largest request that OpenSSL takes.
            guard let size = Int32(exactly: count), unsafe RAND_priv_bytes(buffer.baseAddress, size) == 1 else {
                OpenSSL.failed("making \(count) random bytes")
            }
            filled = count
        }
    }
}

/// Comparison of secrets in constant time.
package enum ConstantTime {
    /// True when two byte strings are equal, in a time that depends on their lengths alone.
    package static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        unsafe one.withUnsafeBytes { one in unsafe other.withUnsafeBytes { unsafe isEqual(one, $0) } }
    }

    /// True when two texts are equal, in a time that depends on their lengths alone.
    package static func isEqual(_ one: String, _ other: String) -> Bool {
        var (one, other) = (one, other)
        return one.withUTF8 { one in
            other.withUTF8 { unsafe isEqual(UnsafeRawBufferPointer(one), UnsafeRawBufferPointer($0)) }
        }
    }

    private static func isEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        return unsafe one.isEmpty || CRYPTO_memcmp(one.baseAddress, other.baseAddress, one.count) == 0
    }
}
