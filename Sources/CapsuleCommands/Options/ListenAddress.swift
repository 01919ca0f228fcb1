internal import CommandParser
internal import Support

/// An address to listen on: a host, without brackets, and a port.
struct ListenAddress: Hashable, Sendable {
    /// A name or an address; `*` for every address of both families.
    let host: String
    let port: Int

    /// Parses `HOST:PORT`, `:PORT`, `*:PORT` and `[IPv6]:PORT`.
    ///
    /// - Parameter option: the option, for messages.
    init(_ text: String, option: String) throws {
        func invalid(_ why: String) -> ValidationError { ValidationError("\(option) \(quoted(text)) \(why)") }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            throw invalid("is not host:port; write 127.0.0.1:8080, or :8080 for every address")
        }
        guard (0...65_535).contains(port) else { throw invalid("has a port that is not from 0 to 65535") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw invalid("has an address of IPv6 without brackets; write [::1]:8080, or [::]:8080 for every address")
        }
        self.host = host.isEmpty ? "*" : String(host)
        self.port = port
    }

    /// `host:port`, with the brackets of an IPv6 address.
    static func text(_ host: String, _ port: Int) -> String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
