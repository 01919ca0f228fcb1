internal import Support

/// The rules of a chart's `.helmignore`: the files that helm leaves out when it loads the chart.
///
/// A build leaves the same files out of the package, because no render can read them. A rule that is not understood here
/// keeps its files in the package, and helm then leaves them out itself: the output is the same.
/// [Helm's description](https://helm.sh/docs/chart_template_guide/helm_ignore_file/)
package struct HelmIgnore: Sendable {
    /// The name of the file, in the directory of the chart.
    package static let fileName = ".helmignore"

    private struct Rule {
        /// Without the mark of a negation, a leading slash and a final slash.
        let pattern: [Unicode.Scalar]
        /// True for `!`: helm leaves out what the rest of the rule does not match.
        let isNegated: Bool
        let isForDirectories: Bool
        /// True for a pattern with a slash, which is compared with the whole path; otherwise with the last segment.
        let isForPaths: Bool
        /// False for a pattern with a class or an escape.
        let isUnderstood: Bool
    }

    /// The maximum number of characters that are compared, more than for 100 rules and 10,000 files. Beyond it, files are kept in the package.
    private static let maximumSteps = 20_000_000

    private let rules: [Rule]
    private let steps: SharedStepBudget

    /// Reads the rules.
    package init(_ content: some Collection<UInt8>) { self.init(content, maximumSteps: Self.maximumSteps) }

    init(_ content: some Collection<UInt8>, maximumSteps: Int) {
        steps = SharedStepBudget(limit: maximumSteps)
        // The content of a pointer of Git LFS is not the rules.
        guard LFSPointer(content) == nil, let text = String(validating: content, as: UTF8.self) else {
            rules = []
            return
        }
        let lines = text.split(whereSeparator: \.isNewline).map(Self.trimmed)
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        // helm refuses a file with such a rule.
        rules = lines.contains { $0.contains("**") } ? [] : lines.map(Self.rule)
    }

    /// True when helm does not load a file of the chart: a rule matches the file, or a directory that contains it.
    package func excludes(_ path: RelativePath) -> Bool {
        guard !rules.isEmpty else { return false }
        var directory = path.parent
        while let current = directory {
            if excludes(current, isDirectory: true) { return true }
            directory = current.parent
        }
        return excludes(path, isDirectory: false)
    }

    private func excludes(_ path: RelativePath, isDirectory: Bool) -> Bool {
        let whole = Array(path.description.unicodeScalars)
        let last = Array(path.lastSegment.unicodeScalars)
        for rule in rules {
            guard rule.isUnderstood else {
                // Without the result of a negation, the rules after it decide nothing.
                if rule.isNegated { return false }
                continue
            }
            if rule.isForDirectories, !isDirectory {
                if rule.isNegated { return true }
                continue
            }
            guard let matches = matches(rule.pattern, rule.isForPaths ? whole : last) else { return false }
            if matches != rule.isNegated { return true }
        }
        return false
    }

    private static func trimmed(_ line: Substring) -> Substring {
        var line = line
        while line.first?.isWhitespace == true { line.removeFirst() }
        while line.last?.isWhitespace == true { line.removeLast() }
        return line
    }

    private static func rule(_ line: Substring) -> Rule {
        var text = line
        let isNegated = text.hasPrefix("!")
        if isNegated { text.removeFirst() }
        let isForDirectories = text.hasSuffix("/")
        if isForDirectories { text.removeLast() }
        let isRooted = text.hasPrefix("/")
        if isRooted { text.removeFirst() }
        return Rule(
            pattern: Array(text.unicodeScalars), isNegated: isNegated, isForDirectories: isForDirectories,
            isForPaths: isRooted || text.contains("/"),
            isUnderstood: !text.unicodeScalars.contains { "[\\".unicodeScalars.contains($0) })
    }

    /// Matches `*` and `?`, neither of which matches a slash; nil when no more steps are left.
    private func matches(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool? {
        var (next, position) = (0, 0)
        var star: (pattern: Int, text: Int)?
        var compared = 1
        defer { _ = steps.spend(compared) }
        guard steps.spend(0) else { return nil }
        while position < text.count {
            compared += 1
            if next < pattern.count, pattern[next] == "*" {
                star = (next, position)
                next += 1
            } else if next < pattern.count,
                pattern[next] == text[position] || (pattern[next] == "?" && text[position] != "/")
            {
                next += 1
                position += 1
            } else if let last = star, text[last.text] != "/" {
                // The last star takes one more scalar.
                star = (last.pattern, last.text + 1)
                next = last.pattern + 1
                position = last.text + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "*" }
    }
}
