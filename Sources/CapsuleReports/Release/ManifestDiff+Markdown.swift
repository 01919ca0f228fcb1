public import Rendering
internal import Support

extension ManifestDiff {
    /// A pull request's body has at most 65,536 characters on GitHub; the rest is for the text around the diff.
    public static let markdownLimit = 50_000

    /// For the body of a pull request: a summary, then each object with its fields in a code block.
    ///
    /// Everything that comes from manifests is in code, with a fence longer than any run of backticks in it, so that
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
        let title = "\n#### \(object.title.markdownCode) \(word)\n"
        let lines = lines(of: object)
        guard !lines.isEmpty else { return title }
        return title + lines.map { "\($0.sign) \($0.text)" }.joined(separator: "\n").markdownBlock("diff")
    }
}
