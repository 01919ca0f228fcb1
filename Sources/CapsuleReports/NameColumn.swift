internal import Support

/// The first column of a report: names, padded to the length of the longest one.
struct NameColumn {
    /// The maximum width. Names of others may have megabytes; a longer name moves the text of its own line only.
    private static let widest = 60
    private let width: Int

    init(_ names: some Sequence<String>) {
        width = names.map { min($0.escapedForDisplay(limit: Self.widest).count, Self.widest) }.max() ?? 0
    }

    /// A line with a name and a text, after a mark if there is one.
    func line(_ name: String, _ text: String, mark: ReportMark? = nil) -> String {
        "\(mark.map { "\($0) " } ?? "")\(name.escapedForDisplay().padded(to: width))  \(text)"
    }

    /// The spaces that put a continuation line below the texts.
    func indent(marked: Bool = false) -> String { String(repeating: " ", count: width + (marked ? 4 : 2)) }
}
