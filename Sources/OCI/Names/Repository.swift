internal import Support

/// A repository on a registry: `ghcr.io/example/shop`.
///
/// The host is always written and never defaults to a registry, so a name means the same everywhere.
/// [distribution-spec](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests)
public struct Repository: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    /// The registry: a host in lowercase, and a port where one is given.
    public let registry: String
    /// The repository's name on that registry.
    public let name: String

    /// Parses `host[:port]/name`.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ string: String) throws(OCIError) {
        guard !string.contains("@") else {
            throw OCIError(
                .invalidName,
                "\(quoted(string.utf8.split(separator: UInt8(ascii: "@")).last.flatMap { String($0) } ?? "")) has text before an "
                    + "@; a repository has no login and no digest: `capsule` reads logins where docker keeps them")
        }
        guard let (registry, name) = Self.parts(string), Self.isRegistry(registry), Self.isName(name) else {
            throw OCIError(
                .invalidName,
                "\(quoted(string.withoutLogin)) is not a repository; write registry/name, such as ghcr.io/example/shop, in lowercase"
            )
        }
        self.registry = registry
        self.name = name
    }

    /// `registry/name`.
    public var description: String { "\(registry)/\(name)" }

    /// The last segment of the name.
    public var lastSegment: String { name.split(separator: "/").last.map(String.init) ?? name }

    /// The host of the registry, without its port and without the brackets of an IPv6 address.
    public var host: String {
        if registry.hasPrefix("[") { return String(registry.dropFirst().prefix { $0 != "]" }) }
        return String(registry.prefix { $0 != ":" })
    }

    /// Orders by text.
    public static func < (left: Repository, right: Repository) -> Bool { left.description < right.description }

    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func parts(_ text: String) -> (registry: String, name: String)? {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")), text.utf8.count <= 255 else { return nil }
        return (String(text[..<slash]), String(text[text.index(after: slash)...]))
    }

    /// True when `text` is a host: it has a dot or a port, or is `localhost` or a bracketed IPv6 address.
    static func isRegistry(_ text: String) -> Bool {
        var host = Substring(text)
        if host.hasPrefix("[") {
            guard let close = host.firstIndex(of: "]") else { return false }
            let address = host[host.index(after: host.startIndex)..<close]
            guard address.contains(":"),
                address.utf8.allSatisfy({ Digest.isLowercaseHex($0) || $0 == UInt8(ascii: ":") })
            else { return false }
            host = host[host.index(after: close)...]
            return host.isEmpty || (host.hasPrefix(":") && isPort(host.dropFirst()))
        }
        let colon = host.firstIndex(of: ":")
        if let colon {
            guard isPort(host[host.index(after: colon)...]) else { return false }
            host = host[..<colon]
        }
        guard host == "localhost" || host.contains(".") || colon != nil else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.allSatisfy { isLowercaseAlphanumeric($0) || $0 == UInt8(ascii: "-") }
                && label.first != "-" && label.last != "-"
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && text.utf8.count <= 5
            && text.utf8.first != UInt8(ascii: "0") && (1...65535).contains(Int(text) ?? 0)
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` in each segment.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { segment in
                guard let first = segment.first, let last = segment.last,
                    isLowercaseAlphanumeric(first), isLowercaseAlphanumeric(last)
                else { return false }
                var separators: [UInt8] = []
                for byte in segment {
                    if isLowercaseAlphanumeric(byte) {
                        let allDashes = separators.allSatisfy { $0 == UInt8(ascii: "-") }
                        let underscores = separators.count <= 2 && separators.allSatisfy { $0 == UInt8(ascii: "_") }
                        guard allDashes || underscores || separators == [UInt8(ascii: ".")] else { return false }
                        separators = []
                    } else {
                        guard [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte) else {
                            return false
                        }
                        separators.append(byte)
                    }
                }
                return true
            }
    }
}

func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
}
