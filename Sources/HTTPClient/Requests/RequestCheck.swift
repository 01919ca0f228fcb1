internal import HTTPMessages

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Rejects requests that libcurl would send unchecked, or would read differently.
enum RequestCheck {
    /// The limit for a request's first line and for one field: servers accept no more.
    static let textLimit = 64 << 10

    /// - Throws: `HTTPFailure.Code.invalidRequest`
    static func check(_ request: HTTPRequest) throws(HTTPFailure) {
        guard isToken(request.method.rawValue), request.method.rawValue != "CONNECT" else {
            throw .invalid("the method is invalid")
        }
        try checkHost(request.origin.host, request.origin.port)
        guard request.target.utf8.first == UInt8(ascii: "/"), request.target.utf8.count <= textLimit,
            request.target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw .invalid("the target is not a valid path and query") }
        for field in request.headers.fields { try check(field) }
        switch request.body {
        case .none: break
        case .bytes, .source:
            guard request.method != .HEAD else { throw .invalid("a HEAD request cannot have a body") }
        }
        if case .source(_, let length) = request.body, length < 0 {
            throw .invalid("the length of the body is negative")
        }
        if let proxy = request.proxy { try check(proxy) }
    }

    private static func check(_ field: HTTPHeaders.Field) throws(HTTPFailure) {
        guard isToken(field.name) else { throw .invalid("the name of a header field is invalid") }
        guard field.value.utf8.count <= textLimit, field.value.utf8.allSatisfy(isFieldByte),
            field.value.utf8.first.map(isBlank) != true, field.value.utf8.last.map(isBlank) != true
        else { throw .invalid("the value of the header field \(field.name) contains invalid characters") }
        let ours = [
            "Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "TE", "Upgrade", "Trailer",
        ]
        guard !ours.contains(where: { HTTPHeaders.isEqual($0, field.name) }) else {
            throw .invalid("the header field \(field.name) is set by the client")
        }
    }

    private static func check(_ proxy: HTTPProxy) throws(HTTPFailure) {
        try checkHost(proxy.host, proxy.port)
        guard let login = proxy.login else { return }
        guard !login.user.isEmpty, !login.user.utf8.contains(UInt8(ascii: ":")),
            (login.user + login.password).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            login.user.utf8.count <= 255, login.password.utf8.count <= 255
        else { throw .invalid("the proxy's user or password contains invalid characters, or is too long") }
        guard proxy.scheme != .socks4a || login.password.isEmpty else {
            throw .invalid("a password cannot be sent to a SOCKS 4 proxy")
        }
    }

    /// A name, four decimal numbers, or an IPv6 address. Other parsers read more as addresses: `127.1`, `0x7f000001`.
    private static func checkHost(_ host: String, _ port: Int) throws(HTTPFailure) {
        guard (1...65535).contains(port) else { throw .invalid("the port is not a number from 1 to 65535") }
        guard isAddress(host, AF_INET6) || isAddress(host, AF_INET) || isName(host) else {
            throw .invalid("the host is neither a name nor an address in its usual form")
        }
    }

    private static func isName(_ host: String) -> Bool {
        guard (1...255).contains(host.utf8.count) else { return false }
        var labels = host.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        guard areLabels, let last = labels.last else { return false }
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) } && !last.lowercased().hasPrefix("0x")
    }

    private static func isAddress(_ host: String, _ family: CInt) -> Bool {
        // Large enough for an address of either family.
        var address = in6_addr()
        return unsafe inet_pton(family, host, &address) == 1
    }

    /// [RFC 9110, section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)
    static func isToken(_ text: some StringProtocol) -> Bool {
        (1...textLimit).contains(text.utf8.count) && text.utf8.allSatisfy(isTokenByte)
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        default: isAlphanumeric(byte)
        }
    }

    /// True for a byte that a field's value may have: no control character but the tab.
    /// [RFC 9110, section 5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5)
    static func isFieldByte(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
