/// The hosts that are reached directly although a proxy is set: the value of `NO_PROXY`.
///
/// Entries are separated by commas or white space. An entry is `*` for every host, a name, an address or a range of addresses
/// such as `10.0.0.0/8` or `fd00::/8`. A name counts for itself and every name below it; with a dot or `*.` in front, only for
/// the names below it. A name or an address may have a port: `host:443`, `[fd00::1]:443`. Entries of another form match
/// nothing. Go's programs (docker, oras, crane) read the variable in this way.
package struct ProxyExceptions: Hashable, Sendable {
    private enum Entry: Hashable, Sendable {
        case all
        case name(String, itself: Bool, port: Int?)
        case addresses(NetworkAddress, bits: Int, port: Int?)
    }

    /// The maximum number of entries that are read, far more than the names of a company's networks.
    static let maximumCount = 10_000

    private let entries: [Entry]

    /// No exceptions.
    package init() { entries = [] }

    /// Reads the value of `NO_PROXY`.
    package init(_ text: String) {
        entries = text.split { $0 == "," || $0.isWhitespace }.prefix(Self.maximumCount).compactMap(Self.entry)
    }

    /// True when a host and port are reached directly.
    ///
    /// - Parameter host: a name, or an address without brackets.
    package func contains(host: String, port: Int) -> Bool {
        guard !entries.isEmpty else { return false }
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        let address = NetworkAddress(host)?.unmapped
        return entries.contains { entry in
            switch entry {
            case .all: true
            case .name(let name, let itself, let only):
                (only ?? port) == port && (itself && host == name || host.hasSuffix(".\(name)"))
            case .addresses(let base, let bits, let only):
                (only ?? port) == port && address?.shares(bits, with: base) == true
            }
        }
    }

    private static func entry(_ text: Substring) -> Entry? {
        StepCount.add(text.utf8.count)
        if text == "*" { return .all }
        if let address = NetworkAddress(text)?.unmapped { return single(address, port: nil) }
        if let slash = text.lastIndex(of: "/") {
            return range(unbracketed(text[..<slash]), bits: text[text.index(after: slash)...])
        }
        var name = text
        var port: Int?
        if let colon = text.lastIndex(of: ":"), text[text.index(after: colon)...].allSatisfy(\.isASCIIDigit) {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            port = number
            name = text[..<colon]
        }
        if let address = NetworkAddress(unbracketed(name))?.unmapped { return single(address, port: port) }
        return self.name(name, port: port)
    }

    private static func single(_ address: NetworkAddress, port: Int?) -> Entry {
        .addresses(address, bits: address.bytes.count * 8, port: port)
    }

    private static func range(_ base: Substring, bits: Substring) -> Entry? {
        guard let address = NetworkAddress(base), bits.utf8.count <= 3, bits.allSatisfy(\.isASCIIDigit),
            let count = Int(bits), count <= address.bytes.count * 8
        else { return nil }
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let unmapped = address.unmapped
        let dropped = (address.bytes.count - unmapped.bytes.count) * 8
        guard count >= dropped else { return .addresses(address, bits: count, port: nil) }
        return .addresses(unmapped, bits: count - dropped, port: nil)
    }

    private static func name(_ text: Substring, port: Int?) -> Entry? {
        var name = text.lowercased()[...]
        let below = name.hasPrefix("*.") || name.hasPrefix(".")
        name = name.drop { $0 == "*" || $0 == "." }
        if name.hasSuffix(".") { name = name.dropLast() }
        let isName = name.utf8.allSatisfy { byte in
            byte.isAlphanumeric || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
        }
        guard !name.isEmpty, isName else { return nil }
        return .name(String(name), itself: !below, port: port)
    }

    private static func unbracketed(_ text: Substring) -> Substring {
        text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
