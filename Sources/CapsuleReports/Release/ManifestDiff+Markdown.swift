package import Rendering
internal import Support

extension ManifestDiff {
    /// The maximum size in bytes. The body of a pull request has at most 65,536 characters on GitHub; the rest is for
    /// text around the diff.
    package static let markdownLimit = 50_000

    /// The diff for the body of a pull request: a summary, then each object with its fields in a code block.
    ///
    /// All text from manifests is code, with a fence longer than any run of backticks in it, so that it cannot contain
    /// markup, mentions or links.
    package func markdown(limit: Int = markdownLimit) -> String {
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
        let lines = lines(of: object).map { "\($0.sign) \($0.text)" }
        return lines.isEmpty ? title : title + lines.joined(separator: "\n").markdownBlock("diff")
    }
}
