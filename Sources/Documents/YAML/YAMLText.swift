internal import Support

/// Writes YAML scalars, quoted when a reader could read the plain text as another type.
package enum YAMLText {
    /// `text` as a YAML scalar: plain where every YAML 1.1 and 1.2 reader sees a string, else in double quotes.
    package static func scalar(_ text: String) -> String {
        isSafePlain(text) ? text : quoted(text)
    }

    /// `text` in double quotes, with the required escapes.
    package static func quoted(_ text: String) -> String {
        String(quoting: text) { scalar in
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: scalar.jsonEscape
            default: nil
            }
        }
    }

    // True for text that starts with a letter or a slash, contains no YAML syntax, and is not a boolean or null of
    // YAML 1.1.
    private static func isSafePlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/") else { return false }
        let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        guard !words.contains(text.lowercased()), text.utf8.last != UInt8(ascii: ":") else { return false }
        var previous: UInt8 = 0
        for byte in text.utf8 {
            let safe =
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-_./@+=:".utf8.contains(byte)
            guard safe else { return false }
            previous = byte
        }
        return previous != UInt8(ascii: ":")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
