/// The first column of a report: names, padded to the length of the longest one.
struct NameColumn {
    private let width: Int

    init(_ names: some Sequence<String>) { width = names.map(\.count).max() ?? 0 }

    /// A line with a name and a text, after a mark if there is one.
    func line(_ name: String, _ text: String, mark: ReportMark? = nil) -> String {
        "\(mark.map { "\($0) " } ?? "")\(name.padded(to: width))  \(text)"
    }

    /// The spaces that put a continuation line below the texts.
    func indent(marked: Bool = false) -> String { String(repeating: " ", count: width + (marked ? 4 : 2)) }
}
