extension Unicode.Scalar {
    /// True when the character must not be printed as it is: it moves a cursor, ends a line, reorders text, is
    /// invisible, or has no defined appearance.
    package var isControlForDisplay: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F: true
        case 0x20..<0x7F: false
        default:
            switch properties.generalCategory {
            case .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
            default: properties.isDefaultIgnorableCodePoint
            }
        }
    }

    fileprivate var bracedEscape: String { "\\u{\(String(value, radix: 16))}" }

    /// True for the invisible characters within an emoji, such as the joiners of a family.
    fileprivate func isPartOfEmoji(after previous: Unicode.Scalar?, before next: Unicode.Scalar?) -> Bool {
        func isEmoji(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { !$0.isASCII && $0.properties.isEmoji } ?? false }
        return switch value {
        case 0x200D: (isEmoji(previous) || previous?.value == 0xFE0F) && isEmoji(next)
        case 0xFE0F: isEmoji(previous)
        default: false
        }
    }
}

extension StringProtocol {
    /// The text for a terminal, a message or a page, with each control character and each invisible one as `\u{…}`.
    ///
    /// - Parameters:
    ///   - keepingLines: true to keep line feeds and tabs.
    ///   - limit: the maximum number of characters that are shown; `…` follows when there are more. The rest is never
    ///     examined, because a text may have megabytes.
    package func escapedForDisplay(keepingLines: Bool = false, limit: Int = .max) -> String {
        // Almost every text is short, printable ASCII, and most are shown for each request of the service.
        let text = String(self)
        if text.utf8.count <= limit, text.hasOnlyBytes(in: 0x20...0x7E) { return text }
        return text.escaped(limit: limit) { scalar in
            keepingLines && (scalar == "\n" || scalar == "\t") ? String(scalar) : nil
        }
    }

    /// The text with control characters and invisible ones as `\u{…}`, of which every other function here is made.
    ///
    /// - Parameter replacement: the text to show for a character, for those that are shown in another form.
    func escaped(limit: Int = .max, _ replacement: (Unicode.Scalar) -> String?) -> String {
        // The characters of a text of any type are read through many calls each.
        let text = String(self)
        let scalars = text.unicodeScalars
        var out = ""
        var count = 0
        var previous: Unicode.Scalar?
        // From `start` to `index` are characters that are shown as they are.
        var (start, index) = (scalars.startIndex, scalars.startIndex)
        while index < scalars.endIndex {
            if count == limit { return out + text[start..<index] + "…" }
            count += 1
            let scalar = scalars[index]
            let next = scalars.index(after: index)
            var shown = replacement(scalar)
            if shown == nil, scalar.isControlForDisplay,
                !scalar.isPartOfEmoji(after: previous, before: next < scalars.endIndex ? scalars[next] : nil)
            {
                shown = scalar.bracedEscape
            }
            if let shown {
                out += text[start..<index] + shown
                start = next
            }
            (previous, index) = (scalar, next)
        }
        return out + text[start...]
    }
}

/// `text` in double quotes for a message: control characters, quotes and backslashes are escaped, and at most 200
/// characters are shown.
package func quoted(_ text: some StringProtocol) -> String { quoted(text, limit: 200) }

/// `text` in double quotes for a message, of which at most `limit` characters are shown.
package func quoted(_ text: some StringProtocol, limit: Int) -> String {
    // Almost every text is a short name.
    let text = String(text)
    if text.utf8.count <= limit, text.hasOnlyBytes(in: 0x20...0x7E), !text.contains(byte: UInt8(ascii: "\"")),
        !text.contains(byte: UInt8(ascii: "\\"))
    {
        return "\"\(text)\""
    }
    return "\"" + text.escaped(limit: limit) { $0 == "\"" || $0 == "\\" ? "\\\($0)" : nil } + "\""
}

/// `bytes` as a quoted text for a message. Invalid UTF-8 is shown as U+FFFD.
package func quoted(_ bytes: some Collection<UInt8>) -> String {
    // A character has at most four bytes.
    quoted(String(decoding: bytes.prefix(4 * 201), as: UTF8.self))
}
