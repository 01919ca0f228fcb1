internal import Support

/// Reads and writes PEM, without header lines.
///
/// OpenSSL's own reader is not used: see `docs/adr/0013-pem-and-der.md`.
///
/// [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)
package enum PEM {
    /// A block of a PEM file.
    package struct Block: Hashable, Sendable {
        /// The text after `BEGIN`, such as `CERTIFICATE`.
        package let label: String
        /// The content; nil for a damaged block: one without content, with header lines (as keys that are encrypted the
        /// traditional way have), with anything that is not base64, or without its own begin or end.
        package let bytes: [UInt8]?

        /// A block with this content.
        package init(label: String, bytes: [UInt8]?) {
            self.label = label
            self.bytes = bytes
        }
    }

    /// The blocks of a file, damaged ones included. Text between blocks is ignored, as other readers do; so are spaces and
    /// tabs.
    package static func blocks(in file: [UInt8]) -> [Block] {
        var blocks: [Block] = []
        var open: String?
        var digits: [UInt8] = []
        for line in file.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if let label = label(of: line, "BEGIN") {
                if let open { blocks.append(Block(label: open, bytes: nil)) }
                open = label
                digits = []
            } else if let label = label(of: line, "END") {
                let bytes = open == label && !digits.isEmpty ? Base64.decode(padded: digits) : nil
                blocks.append(Block(label: open ?? label, bytes: bytes))
                open = nil
            } else if open != nil {
                digits += line.filter { !isBlank($0) }
            }
        }
        if let open { blocks.append(Block(label: open, bytes: nil)) }
        return blocks
    }

    /// A block as text with 64 characters a line, as OpenSSL writes it.
    package static func encode(_ bytes: [UInt8], label: String) -> String {
        var lines = ["-----BEGIN \(label)-----"]
        var rest = Base64.encode(bytes)[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        lines.append("-----END \(label)-----")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func label(of line: ArraySlice<UInt8>, _ word: String) -> String? {
        StepCount.add(line.count)
        var line = line.drop(while: isBlank)
        while let last = line.last, isBlank(last) { line.removeLast() }
        let (start, dashes) = ("-----\(word) ".utf8, "-----".utf8)
        guard line.starts(with: start), line.suffix(dashes.count).elementsEqual(dashes),
            line.count > start.count + dashes.count
        else { return nil }
        let label = line.dropFirst(start.count).dropLast(dashes.count)
        // Labels are printed in messages.
        return label.allSatisfy { (0x20...0x7E).contains($0) } ? String(decoding: label, as: UTF8.self) : nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
