internal import Support

/// The lines of a report for a terminal.
///
/// Each line is escaped as a whole when it is added, so that no value in it can add a line, control the terminal or
/// hide text.
package struct ReportLines {
    /// The maximum number of characters of a line. Names and messages of others may have megabytes.
    static let longestLine = 4_000

    /// The lines, each with a line feed.
    package private(set) var text = ""

    package init() {}

    /// Adds a line.
    package mutating func add(_ line: String) { text += line.escapedForDisplay(limit: Self.longestLine) + "\n" }

    /// Adds lines.
    mutating func add(_ lines: [String]) { for line in lines { add(line) } }

    /// Adds the text of another report, which is escaped already and may have colours.
    ///
    /// - Parameter indent: the text to put before each line that is not empty.
    mutating func add(report: String, indent: String = "") {
        for line in report.split(separator: "\n", omittingEmptySubsequences: false) {
            text += line.isEmpty ? "\n" : "\(indent)\(line)\n"
        }
        if report.isEmpty || report.hasSuffix("\n") { text.removeLast() }
    }

    /// Adds the lines of a file, or of the difference of two, in which tabs are kept.
    mutating func add(file: String) {
        let lines = file.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.escapedForDisplay(keepingLines: true, limit: Self.longestLine) }
        add(report: lines.joined(separator: "\n"))
    }

    /// Removes the empty lines at the end.
    mutating func trim() { while text.hasSuffix("\n\n") { text.removeLast() } }
}
