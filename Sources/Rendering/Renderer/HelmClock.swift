internal import CapsuleCore

extension Invocation {
    /// The run at another time: each call of `now` in a template gives a moment in 2001.
    ///
    /// Two renders side by side usually happen in the same second, so a chart that writes the time would seem to be
    /// deterministic. A template has no other access to the clock that it can rely on.
    func atAnotherTime(_ chart: PackageTree) throws -> Invocation {
        var other = self
        let unpacked = chart.withUnpackedCharts()
        let changed = unpacked.map(Self.atAnotherTime)
        if changed != unpacked { other.package = try Self.place(changed, below: "package/helm") }
        other.policy = policy.map(Self.atAnotherTime)
        return other
    }

    private static func atAnotherTime(_ file: PackageFile) -> PackageFile {
        let name = file.path.lastSegment
        // Values are templates too where a chart passes them to `tpl`.
        guard file.path.segments.contains("templates") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
            return file
        }
        guard let content = replacingNow(in: file.content) else { return file }
        return PackageFile(path: file.path, content: content)
    }

    /// Nil when no action of the text, `{{ … }}`, calls `now`.
    static func replacingNow(in content: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var (index, copied) = (0, 0)
        var isAction = false
        while index < content.count {
            let rest = content[index...]
            if !isAction {
                if rest.starts(with: "{{".utf8) {
                    isAction = true
                    index += 1
                }
            } else if rest.starts(with: "}}".utf8) {
                isAction = false
            } else if rest.starts(with: "/*".utf8) {
                index = end(of: Array("*/".utf8), in: content, from: index + 2)
            } else if let quote = rest.first, "\"`'".utf8.contains(quote) {
                index = endOfText(in: content, from: index)
            } else if rest.starts(with: "now".utf8), !isWord(content, index - 1, or: "$."), !isWord(content, index + 3)
            {
                result += content[copied..<index]
                result += Array("(toDate \"2006-01-02\" \"2001-02-03\")".utf8)
                index += 2
                copied = index + 1
            }
            index += 1
        }
        return copied == 0 ? nil : result + content[copied...]
    }

    // The last byte of `mark`, or the last byte of the text.
    private static func end(of mark: [UInt8], in content: [UInt8], from start: Int) -> Int {
        var index = start
        while index < content.count {
            if content[index...].starts(with: mark) { return index + mark.count - 1 }
            index += 1
        }
        return content.count - 1
    }

    // The closing quote of the text that starts at `start`. A backslash has a meaning in two of the three kinds of quotes.
    private static func endOfText(in content: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < content.count, content[index] != content[start] {
            if content[index] == UInt8(ascii: "\\"), content[start] != UInt8(ascii: "`") { index += 1 }
            index += 1
        }
        return min(index, content.count - 1)
    }

    // True for a letter, a digit, and the others: `$now` is a variable, and `.now` a field.
    private static func isWord(_ content: [UInt8], _ index: Int, or others: String = "") -> Bool {
        guard content.indices.contains(index) else { return false }
        switch content[index] {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): return true
        case let byte: return others.utf8.contains(byte)
        }
    }
}
