#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension String {
    /// The text of UTF-8 bytes; nil when they are not UTF-8.
    ///
    /// `String(validating:as:)` is not specialized for these types in the standard library, and takes several times as long.
    package init?(utf8 bytes: ArraySlice<UInt8>) {
        var text = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        // What is not UTF-8 was replaced.
        let isSame = text.withUTF8 { text in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress, let other = text.baseAddress else { return bytes.isEmpty }
                return unsafe bytes.count == text.count && memcmp(start, other, bytes.count) == 0
            }
        }
        guard isSame else { return nil }
        self = text
    }
}
