extension ManifestDiff {
    /// A pull request's body has at most 65,536 characters on GitHub; the rest is for what stands around the diff.
    public static let markdownLimit = 50_000

    /// For the body of a pull request: a summary, then each object with its fields in a code block.
    ///
    /// Everything that comes from manifests stands in code, with a fence longer than any run of backticks in it, so that
    /// nothing in it is markup, a mention or a link.
    public func markdown(limit: Int = markdownLimit) -> String {
        guard !isEmpty else { return "No rendered object changes.\n" }
        var out = "**\(summary)**\n"
        for (index, object) in objects.enumerated() {
            let section = Self.section(object)
            if out.utf8.count + section.utf8.count > limit {
                let rest = objects.count - index
                return out + "\n…and \(rest) more object\(rest == 1 ? "" : "s"); see the changed files.\n"
            }
            out += section
        }
        return out
    }

    private static func section(_ object: Object) -> String {
        let word =
            switch object.change {
            case .added: "added"
            case .removed: "removed"
            case .changed: "changed"
            }
        var out = "\n#### \(code(object.title)) \(word)\n"
        let lines = lines(of: object)
        guard !lines.isEmpty else { return out }
        let text = lines.map { "\($0.sign) \($0.text)" }.joined(separator: "\n")
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
        out += "\(fence)diff\n\(text)\n\(fence)\n"
        return out
    }

    /// `text` as a code span that it cannot end.
    package static func code(_ text: String) -> String {
        let ticks = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
        let pad = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
        return ticks + pad + text + pad + ticks
    }

    private static func longestRun(of character: Character, in text: String) -> Int {
        var (longest, current) = (0, 0)
        for other in text {
            current = other == character ? current + 1 : 0
            longest = max(longest, current)
        }
        return longest
    }
}
