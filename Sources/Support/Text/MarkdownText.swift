/// The longest run of backticks that Markdown contains as it is. Parsers limit the length of a fence, cmark to 80
/// characters in a line and to 255 in a block, and read a longer one as text.
private let longestBackticks = 16

/// The maximum number of characters of a code span.
private let longestSpan = 2_000

extension String {
    /// The text as a code span in Markdown, which nothing in the text can end: markup, mentions and links are not
    /// evaluated in code.
    package var markdownCode: String { codeSpan { _ in nil } }

    /// The text as a code span in a cell of a Markdown table; empty for an empty text. A bar would end the cell, even
    /// in code and with some parsers after a backslash, so it is shown as its number.
    package var markdownCell: String { isEmpty ? "" : codeSpan { $0 == "|" ? "\\u{7c}" : nil } }

    /// The text as a code block in Markdown, which nothing in the text can end.
    package func markdownBlock(_ language: String) -> String {
        let text = withoutLongBackticks.escapedForDisplay(keepingLines: true)
        let fence = String(repeating: "`", count: Swift.max(3, text.longestBacktickRun + 1))
        return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") || text.isEmpty ? "" : "\n")\(fence)\n"
    }

    /// The text as code in an element of HTML, which Markdown contains as it is.
    package var htmlCode: String {
        let text = escaped(limit: longestSpan) { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: nil
            }
        }
        return "<code>\(text)</code>"
    }

    /// The text for Markdown that is read as plain text, too, such as the message of a commit that becomes the
    /// description of a pull request: a character that can be markup is shown as its number.
    package var escapedForMarkup: String {
        escaped { scalar in
            scalar.isASCII && !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
                && !"-._/:,=+ ".unicodeScalars.contains(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : nil
        }
    }

    private func codeSpan(_ replacement: (Unicode.Scalar) -> String?) -> String {
        // A span cannot be empty.
        let text = isEmpty ? " " : withoutLongBackticks.escaped(limit: longestSpan, replacement)
        let fence = String(repeating: "`", count: text.longestBacktickRun + 1)
        let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return fence + padding + text + padding + fence
    }

    private var withoutLongBackticks: String {
        guard longestBacktickRun > longestBackticks else { return self }
        var out = ""
        var run = ""
        func shown(_ run: String) -> String {
            run.utf8.count > longestBackticks ? String(repeating: "\\u{60}", count: run.utf8.count) : run
        }
        for scalar in unicodeScalars {
            if scalar == "`" {
                run.unicodeScalars.append(scalar)
            } else {
                out += shown(run)
                run = ""
                out.unicodeScalars.append(scalar)
            }
        }
        return out + shown(run)
    }

    private var longestBacktickRun: Int {
        var longest = 0
        var run = 0
        for byte in utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = Swift.max(longest, run)
        }
        return longest
    }
}
