package import Rendering
internal import Support

extension ManifestDiff {
    /// A line of the diff and the sign it begins with.
    struct Line {
        let sign: String
        let text: String
    }

    /// The minimum number of lines of a value that is compared line by line.
    private static let longValue = 2
    /// The maximum number of changed lines that are shown of one value.
    private static let shownLines = 40

    /// The diff for a terminal: one line for each object, with its fields below.
    ///
    /// - Parameter color: true to colour signs and titles.
    package func text(color: Bool = false) -> String {
        guard !isEmpty else { return "no change\n" }
        var out = ""
        for object in objects {
            let (sign, code) = Self.sign(object.change)
            let title = "\(sign) \(object.title)".escapedForDisplay(limit: ReportLines.longestLine)
            out += (color ? "\u{1B}[1;\(code)m\(title)\u{1B}[0m" : title) + "\n"
            for line in Self.lines(of: object) {
                let text = "    \(line.sign) \(line.text)".escapedForDisplay(limit: ReportLines.longestLine)
                let code = line.sign == "+" ? "32" : line.sign == "-" ? "31" : nil
                out += (color && code != nil ? "\u{1B}[\(code ?? "0")m\(text)\u{1B}[0m" : text) + "\n"
            }
        }
        return out + "\n\(summary)\n"
    }

    /// `2 objects changed, 1 added, 0 removed`.
    package var summary: String {
        let changed = count(.changed)
        return "\(changed) object\(changed == 1 ? "" : "s") changed, \(count(.added)) added, \(count(.removed)) removed"
    }

    private static func sign(_ change: Change) -> (sign: String, color: String) {
        switch change {
        case .added: ("+", "32")
        case .removed: ("-", "31")
        case .changed: ("~", "33")
        }
    }

    static func lines(of object: Object) -> [Line] {
        if object.change == .changed, object.fields.isEmpty {
            return [Line(sign: " ", text: "only the text differs, no value")]
        }
        return object.fields.flatMap { lines(of: $0) }
    }

    private static func lines(of field: Field) -> [Line] {
        let old = field.old.map(split) ?? []
        let new = field.new.map(split) ?? []
        if field.isSecret {
            let what =
                field.old == nil ? "is added" : field.new == nil ? "is removed" : "changes"
            return [
                Line(
                    sign: field.old == nil ? "+" : field.new == nil ? "-" : "~",
                    text: "\(field.path): secret value \(what)")
            ]
        }
        if old.count < longValue, new.count < longValue {
            if let before = field.old, let after = field.new {
                return [
                    Line(sign: "-", text: "\(field.path): \(shown(before))"),
                    Line(sign: "+", text: "\(field.path): \(shown(after))"),
                ]
            }
            let value = field.old ?? field.new ?? ""
            return [Line(sign: field.old == nil ? "+" : "-", text: "\(field.path): \(shown(value))")]
        }
        return [Line(sign: " ", text: "\(field.path): |")] + lineByLine(old, new)
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.count > 1, lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func lineByLine(_ old: [String], _ new: [String]) -> [Line] {
        // Quadratic in the worst case, so very long texts are not compared line by line.
        guard old.count + new.count <= 4000 else {
            return [Line(sign: "-", text: "  \(old.count) lines"), Line(sign: "+", text: "  \(new.count) lines")]
        }
        let difference = new.difference(from: old)
        var removed: [Int: String] = [:]
        var inserted: [Int: String] = [:]
        for change in difference {
            switch change {
            case .remove(let offset, let line, _): removed[offset] = line
            case .insert(let offset, let line, _): inserted[offset] = line
            }
        }
        var lines: [Line] = []
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if let line = removed[before] {
                lines.append(Line(sign: "-", text: "  \(escaped(line))"))
                before += 1
            } else if let line = inserted[after] {
                lines.append(Line(sign: "+", text: "  \(escaped(line))"))
                after += 1
            } else {
                before += 1
                after += 1
            }
        }
        if lines.isEmpty { lines = [Line(sign: " ", text: "  only line ends at its end differ")] }
        guard lines.count > shownLines else { return lines }
        return lines.prefix(shownLines) + [Line(sign: " ", text: "  and \(lines.count - shownLines) more lines")]
    }

    /// A value on one line: control characters are escaped, and a long value is cut.
    private static func shown(_ value: String) -> String {
        value.isEmpty ? "\"\"" : escaped(value)
    }

    private static func escaped(_ value: String) -> String { value.escapedForDisplay(limit: 400) }
}
