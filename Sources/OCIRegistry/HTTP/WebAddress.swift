internal import Support

/// An origin: scheme, host and port. Credentials are sent only to the origin that they are for.
struct Origin: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Sendable { case http, https }

    let scheme: Scheme
    /// The host in lowercase, without the brackets of an IPv6 address.
    let host: String
    let port: Int

    /// `host`, with the port unless it is the scheme's default.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }

    var description: String { "\(scheme.rawValue)://\(authority)" }
}

/// The reason why a text is not an acceptable address.
struct InvalidAddress: Error, CustomStringConvertible {
    let description: String
}

/// An absolute `http` or `https` URL.
///
/// Parsed strictly, because other parsers read the text later: only the characters of RFC 3986, no user information, no
/// percent signs in the host. Ambiguous text is rejected.
struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    let origin: Origin
    /// Begins with a slash.
    let path: String
    /// The text after the question mark. It may contain signatures and is never shown.
    let query: String?

    /// The longest URL that is accepted, longer than the signed URLs of object stores.
    static let maximumLength = 16 << 10

    init(origin: Origin, path: String, query: String? = nil) {
        self.origin = origin
        self.path = path
        self.query = query
    }

    init(_ text: String) throws(InvalidAddress) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy(Self.isURLByte) else {
            throw InvalidAddress(description: "it is too long, or contains characters that a URL cannot contain")
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

    /// Path and query as sent.
    var target: String { path + (query.map { "?\($0)" } ?? "") }

    /// The URL without its query, for messages and logs.
    var description: String { origin.description + path }

    /// Resolves `reference`, a `Location` or `Link` of a response from this address.
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
        let pair = "\(name)=\(PercentEncoding.encode(value))"
        return WebAddress(origin: origin, path: path, query: query.map { $0.isEmpty ? pair : "\($0)&\(pair)" } ?? pair)
    }

    /// The same path and query on another origin.
    func at(_ origin: Origin) -> WebAddress { WebAddress(origin: origin, path: path, query: query) }

    /// This address with the query of another one.
    func replacingQuery(by other: WebAddress) -> WebAddress {
        WebAddress(origin: origin, path: path, query: other.query)
    }

    private static func parseAuthority(_ text: Substring, scheme: Origin.Scheme) throws(InvalidAddress) -> (String, Int)
    {
        guard !text.contains("@") else { throw InvalidAddress(description: "it contains user information") }
        var host = text
        var rest: Substring
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else {
                throw InvalidAddress(description: "its host is malformed")
            }
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
            throw InvalidAddress(description: "its host is malformed")
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
