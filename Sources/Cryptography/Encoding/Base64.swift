internal import COpenSSL
internal import Support

/// Base64 without a second form for the same bytes.
///
/// OpenSSL decodes, and takes white space, text behind the end and bits that no encoder sets. So the bytes are encoded
/// again, and text that differs from the result is rejected.
///
/// [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648)
package enum Base64 {
    /// The bytes of `text` in the standard or the URL-safe alphabet, padded or not: protobuf's JSON, which evidence is
    /// written in, allows all four. Nil for anything else, such as white space, mixed alphabets, wrong padding, or bits
    /// that no encoder sets.
    package static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        let isURLSafe = digits.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        if isURLSafe {
            guard !digits.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }) else { return nil }
            for index in digits.indices {
                if digits[index] == UInt8(ascii: "-") { digits[index] = UInt8(ascii: "+") }
                if digits[index] == UInt8(ascii: "_") { digits[index] = UInt8(ascii: "/") }
            }
        }
        if digits.last != UInt8(ascii: "=") {
            digits += [UInt8](repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
        }
        return decode(padded: digits)
    }

    /// The bytes of digits in the standard alphabet, padded; nil for anything else.
    static func decode(padded digits: [UInt8]) -> [UInt8]? {
        guard let count = Int32(exactly: digits.count), count % 4 == 0 else { return nil }
        StepCount.add(digits.count)
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: digits.count / 4 * 3) { buffer, size in
            // The size that OpenSSL returns counts what the padding stands for.
            let decoded = unsafe digits.isEmpty ? 0 : EVP_DecodeBlock(buffer.baseAddress, digits, count)
            size = max(0, Int(decoded) - padding)
        }
        return Self.digits(of: bytes) == digits ? bytes : nil
    }

    /// `bytes` in the standard alphabet, padded.
    package static func encode(_ bytes: [UInt8]) -> String { String(decoding: digits(of: bytes), as: UTF8.self) }

    private static func digits(of bytes: [UInt8]) -> [UInt8] {
        guard let count = Int32(exactly: bytes.count) else { preconditionFailure("\(bytes.count) bytes in base64") }
        // OpenSSL writes a NUL behind the digits.
        return unsafe [UInt8](unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { buffer, size in
            size = unsafe Int(EVP_EncodeBlock(buffer.baseAddress, bytes, count))
        }
    }
}
