extension String {
    /// The text as a code span in Markdown, which no backtick in the text can end.
    package var markdownCode: String {
        let fence = String(repeating: "`", count: longestBacktickRun + 1)
        let padding = hasPrefix("`") || hasSuffix("`") ? " " : ""
        return fence + padding + escapedForDisplay() + padding + fence
    }

    /// The text as a code block in Markdown, which no backtick in the text can end.
    package func markdownBlock(_ language: String) -> String {
        let fence = String(repeating: "`", count: max(3, longestBacktickRun + 1))
        let text = escapedForDisplay(keepingLines: true)
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
