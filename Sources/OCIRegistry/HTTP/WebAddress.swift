/// Who answers at an address: scheme, host and port together. Credentials never leave the origin they are for.
struct Origin: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Sendable { case http, https }

    let scheme: Scheme
    /// The host in lowercase, without the brackets of an IPv6 address.
    let host: String
    let port: Int

    /// `host`, with the port where it is not the scheme's own.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(scheme.rawValue)://\(authority)" }
}

/// Why a text is not an address that we would go to.
struct InvalidAddress: Error, CustomStringConvertible {
    let description: String
}

/// An absolute `http` or `https` URL.
///
/// Parsed strictly, because other parsers see the text later: nothing but the characters of RFC 3986, no user
/// information, no percent signs in the host. What two parsers could read in two ways is refused.
struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    let origin: Origin
    /// Begins with a slash.
    let path: String
    /// What follows the question mark. It may hold signatures and is never shown.
    let query: String?

    /// Longer than any signed URL that object stores hand out.
    static let maximumLength = 16 << 10

    init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    init(_ text: String) throws(InvalidAddress) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy(Self.isURLByte) else {
            throw InvalidAddress(description: "it is too long or has characters that a URL cannot have")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw InvalidAddress(description: "it is not an absolute http or https URL")
        }
        guard let scheme = Origin.Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
            throw InvalidAddress(description: "its scheme is neither http nor https")
        }
        var rest = text[separator.upperBound...]
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (host, port) = try Self.parseAuthority(rest[..<authorityEnd], scheme: scheme)
        origin = Origin(scheme: scheme, host: host, port: port)
        rest = rest[authorityEnd...]
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = nil
        }
        path = rest.isEmpty ? "/" : String(rest)
    }

    /// The whole URL.
    var text: String { origin.description + target }

    /// Path and query, as they are sent.
    var target: String { path + (query.map { "?\($0)" } ?? "") }

    /// The URL without its query, for messages and logs.
    var description: String { origin.description + path }

    /// What `reference`, a `Location` or a `Link` seen here, points to.
    func resolving(_ reference: String) throws(InvalidAddress) -> WebAddress {
        if reference.hasPrefix("//") { return try WebAddress("\(origin.scheme.rawValue):\(reference)") }
        if reference.hasPrefix("/") { return try WebAddress(origin.description + reference) }
        if reference.hasPrefix("?") { return try WebAddress(origin.description + path + reference) }
        let firstSegment = reference.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if firstSegment.contains(":") { return try WebAddress(reference) }
        guard !firstSegment.isEmpty else { throw InvalidAddress(description: "it is empty") }
        let directory = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return try WebAddress(origin.description + directory + reference)
    }

    /// The address with one more query parameter.
    func adding(_ name: String, _ value: String) -> WebAddress {
        let pair = "\(name)=\(Self.percentEncoded(value))"
        return WebAddress(origin: origin, path: path, query: query.map { $0.isEmpty ? pair : "\($0)&\(pair)" } ?? pair)
    }

    /// `text` as a query or form value.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return out
    }

    private static func parseAuthority(_ text: Substring, scheme: Origin.Scheme) throws(InvalidAddress) -> (String, Int)
    {
        guard !text.contains("@") else { throw InvalidAddress(description: "it carries user information") }
        var host = text
        var rest: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw InvalidAddress(description: "its host is broken") }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            guard host.contains(":"), host.utf8.allSatisfy({ isHex($0) || $0 == 0x3A || $0 == 0x2E }) else {
                throw InvalidAddress(description: "its host is not an IPv6 address")
            }
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            let isName = host.utf8.allSatisfy {
                isHex($0) || (0x67...0x7A).contains($0) || (0x47...0x5A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
            guard !host.isEmpty, isName else { throw InvalidAddress(description: "its host is not a name") }
        }
        var port = scheme == .https ? 443 : 80
        if rest.hasPrefix(":") {
            rest = rest.dropFirst()
            guard rest.utf8.count <= 5, rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(rest),
                (1...65535).contains(number)
            else { throw InvalidAddress(description: "its port is not a number up to 65535") }
            port = number
        } else if !rest.isEmpty {
            throw InvalidAddress(description: "its host is broken")
        }
        return (host.lowercased(), port)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    /// The characters of RFC 3986, section 2.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        guard (0x21...0x7E).contains(byte) else { return false }
        return !Array("\"<>\\^`{|}".utf8).contains(byte)
    }
}
