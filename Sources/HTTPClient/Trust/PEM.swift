internal import Cryptography

/// Tells whether a text is what it should be, before a TLS library gets it. The library has the last word.
enum PEM {
    private struct Block {
        let label: String
        let content: [UInt8]?
    }

    /// - Throws: `HTTPFailure.Code.invalidRequest` without any certificate, or with one that is not one.
    static func checkCertificates(_ text: [UInt8]) throws(HTTPFailure) {
        guard !text.isEmpty else { throw .invalid("the file of certificates is empty") }
        let blocks = blocks(in: text).filter { $0.label.hasSuffix("CERTIFICATE") }
        guard !blocks.isEmpty else {
            throw .invalid("the file has no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----")
        }
        for (index, block) in blocks.enumerated() {
            guard let content = block.content, isCertificate(content[...]) else {
                throw .invalid("certificate \(index + 1) of the file is damaged")
            }
        }
    }

    /// - Throws: `HTTPFailure.Code.invalidRequest` without exactly one private key that can be used without a password.
    static func checkKey(_ text: [UInt8]) throws(HTTPFailure) {
        let blocks = blocks(in: text).filter { $0.label.hasSuffix("PRIVATE KEY") }
        guard let block = blocks.first, blocks.count == 1 else {
            throw .invalid("the file of the client's key must hold one private key in PEM form")
        }
        guard !block.label.hasPrefix("ENCRYPTED"), let content = block.content else {
            throw .invalid("the client's key is encrypted or damaged; it must be in PEM form without a password")
        }
        var reader = DERReader(content)
        guard reader.read(DERReader.Tag.sequence) != nil, reader.isAtEnd else {
            throw .invalid("the client's key is damaged")
        }
    }

    /// What stands between `-----BEGIN X-----` and `-----END X-----`. The content is nil when it is not base64 or its end
    /// is missing, as for keys that are encrypted the old way, with header lines.
    private static func blocks(in text: [UInt8]) -> [Block] {
        let begin = "-----BEGIN "
        var blocks: [Block] = []
        var open: String?
        var base64: [UInt8] = []
        for line in text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = line.drop { $0 == 0x20 || $0 == 0x09 }
            if line.starts(with: begin.utf8) {
                if let open { blocks.append(Block(label: open, content: nil)) }
                open = String(decoding: line.dropFirst(begin.utf8.count).prefix { $0 != 0x2D }, as: UTF8.self)
                base64 = []
            } else if let label = open, line.starts(with: "-----END \(label)-----".utf8) {
                blocks.append(Block(label: label, content: decodeBase64(base64)))
                open = nil
            } else if open != nil {
                base64 += line
            }
        }
        if let open { blocks.append(Block(label: open, content: nil)) }
        return blocks
    }

    /// Whether these are the bytes of an X.509 certificate, as far as its outline tells: what is signed, by which
    /// algorithm, the signature. [RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)
    private static func isCertificate(_ bytes: ArraySlice<UInt8>) -> Bool {
        var reader = DERReader(bytes)
        guard let outer = reader.read(DERReader.Tag.sequence) else { return false }
        var inner = DERReader(outer)
        guard let signed = inner.read(DERReader.Tag.sequence), !signed.isEmpty,
            inner.read(DERReader.Tag.sequence) != nil, inner.read(DERReader.Tag.bitString) != nil
        else { return false }
        return inner.isAtEnd
    }

    private static func decodeBase64(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        var padding = 0
        for character in text where character != 0x20 && character != 0x09 {
            let value: UInt32
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(character) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(character) + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        // What is left over are the padding's zero bits.
        return padding <= 2 && bits < 6 && !bytes.isEmpty ? bytes : nil
    }
}
