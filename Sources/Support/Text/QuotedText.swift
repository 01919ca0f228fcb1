extension String {
    /// A text in double quotes, as JSON, YAML and Go write it. They agree about the quote, the backslash and the ends of lines;
    /// what else is escaped, and how, differs.
    ///
    /// - Parameter escape: what stands for a character; nil for itself.
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

/// `text` in quotes for a message: control characters escaped, at most 200 characters.
package func quoted(_ text: some StringProtocol) -> String {
    var out = "\""
    // Never the whole text: it may be megabytes.
    let shown = text.unicodeScalars.prefix(201)
    for scalar in shown.prefix(200) {
        if scalar == "\"" || scalar == "\\" {
            out += "\\\(scalar)"
        } else if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || (!scalar.isASCII && scalar.properties.isBidiControl)
        {
            out += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            out.unicodeScalars.append(scalar)
        }
    }
    if shown.count > 200 { out += "…" }
    return out + "\""
}
