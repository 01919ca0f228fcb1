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
    /// `\u` and four hexadecimal digits, for a character up to U+FFFF.
    package var fourDigitEscape: String {
        let hex = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    }
}
