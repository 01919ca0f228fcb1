/// What the messages of a TLS handshake tell about a failure, where libcurl does not.
///
/// [RFC 8446, section 4](https://www.rfc-editor.org/rfc/rfc8446#section-4)
struct HandshakeWatch {
    /// The number of certificates that the server has sent.
    private(set) var certificates = 0
    /// True when the server's certificate says where that of its issuer can be fetched, as those of public authorities do.
    private(set) var namesIssuer = false
    /// True when the server has requested a certificate of the client.
    private(set) var requestsCertificate = false

    /// The object identifier of the access method `caIssuers`, as it is encoded (RFC 5280, section 4.2.2.1).
    private static let issuerAddress: [UInt8] = [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02]
    /// The largest message that is read: chains have a few KiB.
    private static let sizeLimit = 256 << 10

    /// Reads a message that was received; anything but a complete handshake message is ignored.
    mutating func receive(_ message: [UInt8]) {
        guard message.count >= 4, message.count <= Self.sizeLimit, Self.number(message[1..<4]) == message.count - 4
        else { return }
        switch message[0] {
        case 11: receive(certificates: message[4...])
        case 13: requestsCertificate = true
        default: break
        }
    }

    private mutating func receive(certificates body: ArraySlice<UInt8>) {
        // TLS 1.3 begins with a context, which servers leave empty, and has extensions after each certificate.
        for (hasExtensions, body) in [(false, body), (true, body.dropFirst())] {
            guard let found = Self.list(body, hasExtensions: hasExtensions), let first = found.first else { continue }
            certificates = found.count
            namesIssuer = first.firstRange(of: Self.issuerAddress) != nil
            return
        }
    }

    private static func list(_ body: ArraySlice<UInt8>, hasExtensions: Bool) -> [ArraySlice<UInt8>]? {
        guard body.count >= 3, number(body.prefix(3)) == body.count - 3 else { return nil }
        var rest = body.dropFirst(3)
        var found: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            guard let certificate = take(&rest, lengthOf: 3) else { return nil }
            found.append(certificate)
            if hasExtensions, take(&rest, lengthOf: 2) == nil { return nil }
        }
        return found
    }

    /// Takes a length of some bytes, and what it is the length of.
    private static func take(_ rest: inout ArraySlice<UInt8>, lengthOf count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        let length = number(rest.prefix(count))
        rest = rest.dropFirst(count)
        guard rest.count >= length else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
