extension String {
    /// A text in double quotes, as in JSON, YAML and Go. These formats agree about the quote, the backslash and the
    /// ends of lines; they differ in the other escapes.
    ///
    /// - Parameter escape: the escape sequence for a character; nil leaves the character unchanged.
    package init(quoting text: String, escape: (Unicode.Scalar) -> String?) {
        self = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            default:
                if let escaped = escape(scalar) { self += escaped } else { unicodeScalars.append(scalar) }
            }
        }
        self += "\""
    }
}

extension Unicode.Scalar {
    /// The escape sequence of JSON, YAML and Go: `\u` and four hexadecimal digits, twice for a character above U+FFFF.
    package var jsonEscape: String {
        String(self).utf16.map { unit in
            let hex = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }
}

extension String {
    /// A JSON document with each control character and each invisible one as its escape sequence, for a terminal. The
    /// value of the document is the same.
    package var escapedForJSON: String {
        escaped { $0 == "\n" ? "\n" : $0.isControlForDisplay ? $0.jsonEscape : nil }
    }
}
