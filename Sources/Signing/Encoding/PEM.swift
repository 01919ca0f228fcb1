/// One block of a PEM file: a label and the bytes between its lines. RFC 7468, without headers.
struct PEM: Hashable, Sendable {
    /// The largest file that is read as PEM. A P-256 key has some 300 bytes, an encrypted one 700.
    static let maximumSize = 16 << 10

    let label: String
    let bytes: [UInt8]

    /// The blocks of a file. Text outside of blocks is passed over, as other readers do.
    ///
    /// - Throws: `SigningError.Code.invalidKey` for a block without an end, or one that is not base64.
    static func blocks(_ content: [UInt8], file: String) throws(SigningError) -> [PEM] {
        guard content.count <= maximumSize else {
            throw SigningError(.invalidKey, "\(file) has more than \(maximumSize) bytes; no key has so many")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw SigningError(.invalidKey, "\(file) is not text; a key file is PEM")
        }
        var blocks: [PEM] = []
        var open: (label: String, body: String)?
        for line in text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            let line = line.trimmingPrefix(while: { $0 == " " || $0 == "\t" })
            if let label = marker(line, "BEGIN") {
                guard open == nil else { throw broken(file) }
                open = (label, "")
            } else if let label = marker(line, "END") {
                guard let block = open, block.label == label, let bytes = Base64.decode(block.body) else {
                    throw broken(file)
                }
                blocks.append(PEM(label: label, bytes: bytes))
                open = nil
            } else if open != nil {
                open?.body += String(line.filter { $0 != " " && $0 != "\t" })
            }
        }
        guard open == nil else { throw broken(file) }
        return blocks
    }

    /// The block as text: 64 characters a line.
    var text: String {
        var lines = ["-----BEGIN \(label)-----"]
        var rest = Base64.encode(bytes)[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        lines.append("-----END \(label)-----")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func marker(_ line: Substring, _ word: String) -> String? {
        var text = line
        while text.last == " " || text.last == "\t" { text.removeLast() }
        guard text.hasPrefix("-----\(word) "), text.hasSuffix("-----"), text.count > word.count + 11 else { return nil }
        return String(text.dropFirst(word.count + 6).dropLast(5))
    }

    private static func broken(_ file: String) -> SigningError {
        SigningError(.invalidKey, "\(file): a PEM block has no end, or is not base64; the file is damaged")
    }
}
