internal import Support

/// The kind of host that a URL names, by its text alone.
enum HostKind: Sendable {
    /// A DNS name.
    case name
    /// `localhost`, `127.0.0.0/8`, `::1`.
    case loopback
    /// An address of this link or of a private, shared, reserved or multicast network.
    case local
    /// An address in its usual form that is routed everywhere.
    case global
    /// An address in an unusual form: octal, hexadecimal, too few or too many numbers, or embedded in IPv6.
    case encoded

    init(_ host: String) {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if name.utf8.contains(UInt8(ascii: ":")) {
            self = Self.classifySix(name)
        } else if name == "localhost" || name.hasSuffix(".localhost") {
            self = .loopback
        } else if let address = NetworkAddress(name) {
            self = Self.classifyFour(address.bytes)
        } else if Self.endsInNumber(name) {
            self = .encoded
        } else {
            self = .name
        }
    }

    /// True when URL parsers and `inet_aton` read a host as an address: the last label is a number.
    private static func endsInNumber(_ text: String) -> Bool {
        guard let last = text.split(separator: ".", omittingEmptySubsequences: false).last else { return false }
        if !last.isEmpty, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        return last.hasPrefix("0x")
    }

    private static func classifyFour(_ octets: [UInt8]) -> HostKind {
        switch (octets[0], octets[1]) {
        case (127, _): .loopback
        case (0, _), (10, _), (172, 16...31), (192, 168), (169, 254), (100, 64...127), (198, 18...19), (224..., _):
            .local
        case (192, 0) where octets[2] == 0: .local
        default: .global
        }
    }

    private static func classifySix(_ text: String) -> HostKind {
        guard let bytes = NetworkAddress(text)?.bytes else { return .encoded }
        let leadingZeros = bytes.prefix { $0 == 0 }.count
        if leadingZeros == 15, bytes[15] == 1 { return .loopback }
        if leadingZeros == 16 { return .local }
        // IPv4 inside: compatible and mapped (::/80), translated (::ffff:0:0:0/96), NAT64 (64:ff9b::/96 and its local prefix),
        // 6to4, Teredo.
        let isTranslated = leadingZeros == 8 && bytes[8..<12].elementsEqual([0xFF, 0xFF, 0, 0])
        if leadingZeros >= 10 || isTranslated || bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B])
            || bytes.starts(with: [0x20, 0x02])
            || bytes.starts(with: [0x20, 0x01, 0, 0])
        {
            return .encoded
        }
        if bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFF || (bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80) {
            return .local
        }
        return .global
    }
}
