#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension String {
    /// True when every byte is below 128.
    package var isASCII: Bool { hasOnlyBytes(in: 0...0x7F) }

    /// True when each of the UTF-8 bytes is in one of two ranges. One loop without a call for each byte.
    package func hasOnlyBytes(in first: ClosedRange<UInt8>, or second: ClosedRange<UInt8>? = nil) -> Bool {
        let (low, high) = (first.lowerBound, first.upperBound)
        let (otherLow, otherHigh) = (second?.lowerBound ?? low, second?.upperBound ?? high)
        var text = self
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return true }
            let count = bytes.count
            var index = 0
            while index < count {
                let byte = unsafe start[index]
                guard (byte >= low && byte <= high) || (byte >= otherLow && byte <= otherHigh) else { return false }
                index += 1
            }
            return true
        }
    }

    /// True when one of the UTF-8 bytes is `byte`.
    package func contains(byte: UInt8) -> Bool {
        var text = self
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe memchr(start, Int32(byte), bytes.count) != nil
        }
    }

    /// True when both texts have the same UTF-8 bytes.
    ///
    /// Swift's `==` compares characters: it treats U+212A (the Kelvin sign) as `K`, and reordered accents as equal.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && comparedByBytes(with: other) == 0
    }

    /// True when the UTF-8 bytes of this text come before those of the other, as in `sort` with `LC_ALL=C`.
    package func precedesByBytes(_ other: String) -> Bool { comparedByBytes(with: other) < 0 }

    /// Negative, zero or positive, as for `memcmp`; a text precedes those that it begins.
    private func comparedByBytes(with other: String) -> Int {
        var (left, right) = (self, other)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                // An empty text may have no address.
                if let start = left.baseAddress, let other = right.baseAddress {
                    let order = unsafe memcmp(start, other, min(left.count, right.count))
                    if order != 0 { return Int(order) }
                }
                return left.count - right.count
            }
        }
    }
}
