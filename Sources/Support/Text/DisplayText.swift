extension Unicode.Scalar {
    /// True when the character can move a cursor, end a line, or hide or reorder text: C0 and C1 controls, the controls
    /// of bidirectional text, and the line and paragraph separators.
    package var isControlForDisplay: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: true
        case 0x20..<0x7F: false
        default: properties.isBidiControl
        }
    }

    fileprivate var bracedEscape: String { "\\u{\(String(value, radix: 16))}" }
}

extension StringProtocol {
    /// The text for a terminal, a message or a page, with each control character as `\u{…}`.
    ///
    /// - Parameters:
    ///   - keepingLines: true to keep line feeds and tabs.
    ///   - limit: the maximum number of characters that are shown; `…` follows when there are more. The rest is never
    ///     examined, because a text may have megabytes.
    package func escapedForDisplay(keepingLines: Bool = false, limit: Int = .max) -> String {
        // Almost every text is short, printable ASCII, and most are shown for each request of the service.
        if utf8.count <= limit, utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return String(self) }
        var out = ""
        for (index, scalar) in unicodeScalars.enumerated() {
            if index == limit { return out + "…" }
            if scalar.isControlForDisplay, !(keepingLines && (scalar == "\n" || scalar == "\t")) {
                out += scalar.bracedEscape
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// `text` in double quotes for a message: control characters, quotes and backslashes are escaped, and at most 200
/// characters are shown.
package func quoted(_ text: some StringProtocol) -> String {
    var out = "\""
    // One more than is shown, and never the whole text: it may have megabytes.
    let shown = text.unicodeScalars.prefix(201)
    for scalar in shown.prefix(200) {
        if scalar == "\"" || scalar == "\\" {
            out += "\\\(scalar)"
        } else if scalar.isControlForDisplay {
            out += scalar.bracedEscape
        } else {
            out.unicodeScalars.append(scalar)
        }
    }
    return out + (shown.count > 200 ? "…\"" : "\"")
}

/// `bytes` as a quoted text for a message. Invalid UTF-8 is shown as U+FFFD.
package func quoted(_ bytes: some Collection<UInt8>) -> String {
    // A character has at most four bytes.
    quoted(String(decoding: bytes.prefix(4 * 201), as: UTF8.self))
}
