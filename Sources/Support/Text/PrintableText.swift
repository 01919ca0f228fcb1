extension String {
    /// The text for a terminal or a page: whatever could move the cursor, hide or reorder text is shown as `\u{…}`. Tabs stay,
    /// and so do line ends where `multiline` is set.
    package func printable(multiline: Bool = false) -> String {
        var out = ""
        out.unicodeScalars.reserveCapacity(unicodeScalars.count)
        for scalar in unicodeScalars {
            let isControl =
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || (!scalar.isASCII && scalar.properties.isBidiControl)
                || scalar.value == 0x2028 || scalar.value == 0x2029
            if isControl, scalar != "\t", !(multiline && scalar == "\n") {
                out += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// The text as a code span in Markdown, whatever backticks it has.
    package var markdownCode: String {
        let fence = String(repeating: "`", count: longestBacktickRun + 1)
        let padding = hasPrefix("`") || hasSuffix("`") ? " " : ""
        return fence + padding + printable() + padding + fence
    }

    /// The text as a code block in Markdown that nothing in it can end.
    package func markdownBlock(_ language: String) -> String {
        let fence = String(repeating: "`", count: max(3, longestBacktickRun + 1))
        let text = printable(multiline: true)
        return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") || text.isEmpty ? "" : "\n")\(fence)\n"
    }

    private var longestBacktickRun: Int {
        var longest = 0
        var run = 0
        for byte in utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
