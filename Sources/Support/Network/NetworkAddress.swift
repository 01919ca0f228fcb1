#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An IPv4 or IPv6 address. All spellings of one address are equal.
package struct NetworkAddress: Hashable, Sendable {
    /// 4 or 16 bytes, in the order of the network.
    package let bytes: [UInt8]

    /// Reads four decimal numbers without leading zeros (RFC 3986), or an IPv6 address without brackets and zone; nil for
    /// anything else.
    package init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            var address = in6_addr()
            guard unsafe inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
            bytes = unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
        } else {
            guard let octets = Self.octets(of: text.utf8) else { return nil }
            bytes = octets
        }
    }

    private static func octets(of text: some Sequence<UInt8>) -> [UInt8]? {
        var octets: [UInt8] = []
        var number: Int?
        for byte in text {
            switch byte {
            case UInt8(ascii: "."):
                guard let octet = number else { return nil }
                octets.append(UInt8(octet))
                number = nil
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let next = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
                guard number != 0, next <= 255 else { return nil }
                number = next
            default: return nil
            }
        }
        guard octets.count == 3, let last = number else { return nil }
        return octets + [UInt8(last)]
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The IPv4 address that an address such as `::ffff:10.0.0.1` contains; other addresses unchanged.
    package var unmapped: NetworkAddress {
        let prefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return bytes.count == 16 && bytes.starts(with: prefix) ? NetworkAddress(bytes: Array(bytes[12...])) : self
    }

    /// True when the first `bits` bits are those of `other`, which is of the same family.
    package func shares(_ bits: Int, with other: NetworkAddress) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        return zip(bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let count = min(max(bits - index * 8, 0), 8)
            return (pair.0 ^ pair.1) >> (8 - count) == 0
        }
    }
}
