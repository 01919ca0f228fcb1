internal import Documents
internal import Support

extension Node {
    /// The node as block-style YAML, with a line end at its end.
    public var yaml: String { lines.joined(separator: "\n") + "\n" }

    private var lines: [String] {
        switch self {
        case .map(let pairs) where !pairs.isEmpty: pairs.flatMap { Self.lines(of: $0) }
        case .list(let elements) where !elements.isEmpty: elements.flatMap { Self.lines(of: $0) }
        default: [inline]
        }
    }

    private static func lines(of pair: Pair) -> [String] {
        let key = YAMLText.scalar(pair.key)
        switch pair.value {
        case .map(let pairs) where !pairs.isEmpty: return ["\(key):"] + pair.value.lines.map { "  " + $0 }
        case .list(let elements) where !elements.isEmpty:
            return ["\(key):"] + pair.value.lines.map { "  " + $0 }
        case .block(let text): return ["\(key): |"] + blockLines(text)
        default: return ["\(key): \(pair.value.inline)"]
        }
    }

    private static func lines(of element: Node) -> [String] {
        var lines = element.lines
        if case .block(let text) = element { lines = ["|"] + blockLines(text) }
        return ["- " + lines[0]] + lines.dropFirst().map { "  " + $0 }
    }

    // A literal block keeps what it is given, so what it is given ends with one line end.
    private static func blockLines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last == "" { lines.removeLast() }
        return lines.map { $0.isEmpty ? "" : "  " + $0 }
    }

    private var inline: String {
        switch self {
        case .text(let text): Self.scalar(text)
        case .block(let text): YAMLText.quoted(text)
        case .number(let number): String(number)
        case .truth(let truth): truth ? "true" : "false"
        case .list: "[]"
        case .map: "{}"
        }
    }

    /// As we write scalars everywhere, but for double quotes in the text, which single quotes leave readable.
    private static func scalar(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) && $0 != "'" }
        return plain && text.contains("\"") ? "'\(text)'" : YAMLText.scalar(text)
    }
}
