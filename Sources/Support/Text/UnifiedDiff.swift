/// The difference of two text files in the format of `diff -u`.
package enum UnifiedDiff {
    /// The maximum size of a file that is compared line by line: larger files are generated, and their difference is
    /// not useful.
    package static let maximumSize = 1 << 20
    // The maximum number of lines in the part that differs: above it, Myers' algorithm may take hundreds of megabytes.
    // The part is then shown as replaced, which is correct but not minimal.
    private static let maximumLines = 4_000
    /// The maximum number of pairs of lines that may be compared for all files of one difference. Beyond it, a part that differs is shown as
    /// replaced. It is 16 times the largest part of one file that is compared.
    package static let maximumPairs = 64_000_000

    /// The difference with its header; nil when either file is not text (invalid UTF-8, or a NUL) or is too large.
    /// Empty when the files are equal.
    ///
    /// - Parameters:
    ///   - oldName: the name in the header; `/dev/null` for a new file.
    ///   - newName: the name in the header; `/dev/null` for a removed file.
    package static func between(_ old: [UInt8], _ new: [UInt8], oldName: String, newName: String, context: Int = 3)
        -> String?
    {
        var pairs = StepBudget(limit: maximumPairs)
        return between(old, new, oldName: oldName, newName: newName, context: context, pairs: &pairs)
    }

    /// The difference as one of several.
    ///
    /// - Parameter pairs: the pairs of lines that all of them may compare, at most ``maximumPairs``.
    package static func between(
        _ old: [UInt8], _ new: [UInt8], oldName: String, newName: String, context: Int = 3, pairs: inout StepBudget
    ) -> String? {
        guard old.count <= maximumSize, new.count <= maximumSize, isText(old), isText(new) else { return nil }
        guard old != new else { return "" }
        let oldLines = lines(old)
        let newLines = lines(new)
        let hunks = hunks(edits(oldLines, newLines, &pairs), context: context)
        return "--- \(oldName)\n+++ \(newName)\n" + hunks.map(\.text).joined()
    }

    private enum Edit {
        case keep(ArraySlice<UInt8>)
        case remove(ArraySlice<UInt8>)
        case insert(ArraySlice<UInt8>)
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }

    // The lines, each with its line end, so that a missing newline at the end is a difference.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            lines.append(bytes[start...end])
            start = end + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }

    private static func edits(
        _ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>], _ pairs: inout StepBudget
    ) -> [Edit] {
        let head = zip(old, new).prefix { $0 == $1 }.count
        let tail = min(
            zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count, min(old.count, new.count) - head)
        let oldMiddle = Array(old[head..<old.count - tail])
        let newMiddle = Array(new[head..<new.count - tail])
        var edits = old[..<head].map(Edit.keep)
        if oldMiddle.count + newMiddle.count > maximumLines || !pairs.spend(oldMiddle.count * newMiddle.count) {
            edits += oldMiddle.map(Edit.remove) + newMiddle.map(Edit.insert)
        } else {
            // Numbers are compared faster than lines, which may have a long beginning in common.
            var numbers: [ArraySlice<UInt8>: Int] = [:]
            func numbered(_ lines: [ArraySlice<UInt8>]) -> [Int] {
                lines.map { line in
                    if let number = numbers[line] { return number }
                    numbers[line] = numbers.count
                    return numbers.count - 1
                }
            }
            let before = numbered(oldMiddle)
            let difference = numbered(newMiddle).difference(from: before)
            var removed = Set<Int>()
            var inserted = Set<Int>()
            for change in difference {
                switch change {
                case .remove(let offset, _, _): removed.insert(offset)
                case .insert(let offset, _, _): inserted.insert(offset)
                }
            }
            var index = 0
            for (offset, line) in newMiddle.enumerated() {
                while removed.contains(index) {
                    edits.append(.remove(oldMiddle[index]))
                    index += 1
                }
                if inserted.contains(offset) {
                    edits.append(.insert(line))
                } else {
                    edits.append(.keep(line))
                    index += 1
                }
            }
            edits += oldMiddle[index...].map(Edit.remove)
        }
        return edits + old[(old.count - tail)...].map(Edit.keep)
    }

    private struct Hunk {
        var oldStart = 0
        var newStart = 0
        var oldCount = 0
        var newCount = 0
        var body = ""

        mutating func add(_ edit: Edit) {
            switch edit {
            case .keep(let line):
                append(" ", line)
                oldCount += 1
                newCount += 1
            case .remove(let line):
                append("-", line)
                oldCount += 1
            case .insert(let line):
                append("+", line)
                newCount += 1
            }
        }

        private mutating func append(_ mark: String, _ line: ArraySlice<UInt8>) {
            body += mark + String(decoding: line, as: UTF8.self)
            if line.last != 0x0A { body += "\n\\ No newline at end of file\n" }
        }

        // An empty side has the number of the line before it, and a count of one is omitted, as in `diff`.
        var text: String {
            func range(_ start: Int, _ count: Int) -> String {
                count == 0 ? "\(start),0" : count == 1 ? "\(start + 1)" : "\(start + 1),\(count)"
            }
            return "@@ -\(range(oldStart, oldCount)) +\(range(newStart, newCount)) @@\n\(body)"
        }
    }

    private static func hunks(_ edits: [Edit], context: Int) -> [Hunk] {
        // The ranges of edits to show: each change with its context, merged where they touch.
        var ranges: [Range<Int>] = []
        for (index, edit) in edits.enumerated() {
            if case .keep = edit { continue }
            let range = max(0, index - context)..<min(edits.count, index + context + 1)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        var hunks: [Hunk] = []
        var position = (edit: 0, old: 0, new: 0)
        for range in ranges {
            for edit in edits[position.edit..<range.lowerBound] {
                if case .keep = edit { position = (0, position.old + 1, position.new + 1) }
            }
            var hunk = Hunk(oldStart: position.old, newStart: position.new)
            for edit in edits[range] { hunk.add(edit) }
            hunks.append(hunk)
            position = (range.upperBound, position.old + hunk.oldCount, position.new + hunk.newCount)
        }
        return hunks
    }
}
