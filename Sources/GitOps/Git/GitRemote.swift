public import CapsuleCore
internal import OCI
internal import Support

/// The address of a Git repository, validated before it is passed to Git.
///
/// Accepted are `https://`, `ssh://`, `user@host:path`, `file:///` and paths; plain `http://` for loopback only. Any
/// address that Git would read as a helper program (`ext::`), an option (`--upload-pack=…`) or an unauthenticated
/// protocol (`git://`) is rejected. So is a login: a password anywhere, and a user of HTTP, which often is a token. Git
/// would show it in process lists, in error messages and in the file of its configuration.
public struct GitRemote: Hashable, Sendable, CustomStringConvertible {
    /// The transports by which Git reaches a repository.
    public enum Transport: String, Hashable, Sendable {
        /// HTTP over TLS.
        case https
        /// Plain HTTP, to this machine or to a host that the user named.
        case http
        /// SSH.
        case ssh
        /// `file://`: Git's protocol to a repository on this machine.
        case file
        /// A path: the objects are read from that directory directly.
        case path
    }

    /// The transport by which Git reaches the repository.
    public let transport: Transport
    /// The address that is passed to Git.
    let address: String
    /// The address for people and records, without credentials.
    public let description: String
    /// The path on this machine, for `file` and `path`.
    let path: String?
    /// The host in lower case and without brackets, and the port, for `https` and `http`.
    private(set) var server: Server?
    /// The host, in lower case and without brackets; for a repository on this machine its address.
    package private(set) var host: String

    /// A host and a port that Git connects to.
    struct Server: Hashable, Sendable {
        let host: String
        let port: Int
    }

    /// The host and the port that must be named for plain HTTP; nil for an address with TLS, and on this machine.
    package var plainHTTPHost: String? {
        guard transport == .http, let server, !Self.isLoopback(server.host) else { return nil }
        return "\(server.host.contains(":") ? "[\(server.host)]" : server.host):\(server.port)"
    }

    /// True for a repository in the file system of this machine that exists.
    package var isHere: Bool { path.map { (try? SystemCall.status(of: $0, followingLinks: true)) != nil } ?? false }

    /// Parses an address.
    ///
    /// - Parameter plainHTTPHosts: hosts, apart from loopback, that may be reached over plain HTTP: `host`, or `host:port` for
    ///   one port.
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String, plainHTTPHosts: Set<String> = []) throws(CapsuleError) {
        func invalid(_ why: String) -> CapsuleError {
            CapsuleError(.invalidName, "the Git address \(quoted(string.withoutLogin)) \(why)")
        }
        guard !string.isEmpty, string.utf8.count <= 2048 else { throw invalid("is empty or longer than 2,048 bytes") }
        guard string.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
            throw invalid("holds control characters")
        }
        guard !string.hasPrefix("-") else { throw invalid("begins with a dash, which Git would read as an option") }
        if let scheme = string.firstRange(of: "://").map({ String(string[..<$0.lowerBound]) }), Self.isScheme(scheme) {
            let rest = Substring(string.dropFirst(scheme.count + 3))
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            let authority = rest[..<slash]
            let path = String(rest[slash...])
            guard !string.contains("?"), !string.contains("#") else { throw invalid("has a query or fragment") }
            if scheme == "file" {
                guard authority.isEmpty || authority == "localhost", path.utf8.count > 1 else {
                    throw invalid("is not file:///PATH")
                }
                self.init(.file, address: "file://\(path)", description: string, path: path)
                return
            }
            guard let transport = Transport(rawValue: scheme), transport != Transport.path else {
                throw invalid("uses \(scheme)://; use https, ssh, git@host:path, file or a path")
            }
            guard let parts = Self.authority(authority) else { throw invalid("has no usable host") }
            guard !parts.hasPassword, transport == .ssh || parts.user == nil else { throw invalid(Self.login) }
            guard path.utf8.count > 1, !path.hasPrefix("/-") else { throw invalid("names no repository") }
            if transport == .http, !Self.isLoopback(parts.host), !parts.isIn(plainHTTPHosts) {
                throw invalid(
                    "is plain http, which is for loopback only; use https, or name the host with --plain-http")
            }
            self.init(transport, address: string, description: string, path: nil)
            host = parts.host
            if transport != .ssh {
                server = Server(host: parts.host, port: parts.port ?? (transport == .http ? 80 : 443))
            }
            return
        }
        guard !string.contains("::") else {
            throw invalid("names a remote helper program; use https, ssh, git@host:path, file or a path")
        }
        if let colon = string.firstIndex(of: ":"), !string[..<colon].contains("/") {
            let path = string[string.index(after: colon)...]
            guard !path.hasPrefix("//") else {
                throw invalid("uses \(string[..<colon])://; use https, ssh, git@host:path, file or a path")
            }
            // `user:password@host:path`: Git would read it as a path on the host `user`.
            guard !path.contains("@") else { throw invalid(Self.login) }
            guard let parts = Self.authority(string[..<colon]), !parts.hasPassword, !path.isEmpty,
                !path.hasPrefix("-")
            else { throw invalid("is neither a URL, nor user@host:path, nor a path") }
            self.init(.ssh, address: string, description: string, path: nil)
            host = parts.host
            return
        }
        self.init(.path, address: string, description: string, path: string)
    }

    private init(_ transport: Transport, address: String, description: String, path: String?) {
        self.transport = transport
        self.address = address
        self.description = description
        self.path = path
        host = description
    }

    /// The same remote with a relative path made absolute, because Git runs in other directories than the user.
    func resolved(in directory: String) -> GitRemote {
        guard transport == .path, let path, !path.hasPrefix("/") else { return self }
        let absolute = "\(directory)/\(path)"
        return GitRemote(.path, address: absolute, description: description, path: absolute)
    }

    private static let login =
        "holds a login; remove it and let a credential helper, GIT_ASKPASS, .netrc or an SSH agent give it"

    private static func isScheme(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == 0x2B }
    }

    private struct Authority {
        var user: Substring?
        /// In lower case, without brackets.
        var host: String
        var port: Int?
        var hasPassword: Bool

        /// True when the host, or the host with the port, is one of those that a user named for HTTP.
        func isIn(_ names: Set<String>) -> Bool {
            let shown = host.contains(":") ? "[\(host)]" : host
            let names = Set(names.map { $0.lowercased() })
            return names.contains(host) || names.contains(shown) || names.contains("\(shown):\(port ?? 80)")
        }
    }

    /// Parses `[user[:password]@]host[:port]`; nil when it does not follow the grammar.
    private static func authority(_ text: Substring) -> Authority? {
        var host = text
        var login: Substring?
        var number: Int?
        var hasPassword = false
        if let at = text.lastIndex(of: "@") {
            let user = text[..<at]
            login = user
            host = text[text.index(after: at)...]
            // A percent sign can be an encoded colon, and no user name of SSH needs one.
            hasPassword = user.contains(":") || user.contains("%")
            let valid = user.utf8.allSatisfy { isNameByte($0) || "_.+~".utf8.contains($0) }
            guard hasPassword || (!user.isEmpty && valid && !user.hasPrefix("-")) else { return nil }
        }
        if host.hasPrefix("[") {
            guard let close = host.firstIndex(of: "]") else { return nil }
            let port = host[host.index(after: close)...]
            number = Int(port.dropFirst())
            host = host[host.index(after: host.startIndex)..<close]
            guard host.utf8.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ":") }), !host.hasPrefix("-"),
                port.isEmpty || (port.hasPrefix(":") && isPort(port.dropFirst()))
            else { return nil }
        } else {
            if let colon = host.firstIndex(of: ":") {
                guard isPort(host[host.index(after: colon)...]) else { return nil }
                number = Int(host[host.index(after: colon)...])
                host = host[..<colon]
            }
            guard host.utf8.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }),
                !host.hasPrefix("-")
            else { return nil }
        }
        guard !host.isEmpty else { return nil }
        return Authority(user: login, host: host.lowercased(), port: number, hasPassword: hasPassword)
    }

    private static func isPort(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 5 && text.allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }

    /// True for names and addresses of this machine.
    static func isLoopback(_ host: String) -> Bool {
        guard host != "localhost", host != "::1" else { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
