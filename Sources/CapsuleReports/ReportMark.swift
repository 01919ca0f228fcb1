/// The mark at the start of a line of a report.
package enum ReportMark: Character, CaseIterable, CustomStringConvertible {
    case ok = "✓"
    case failed = "✗"
    case skipped = "–"
    case warning = "!"

    /// The mark of a condition.
    package init(_ ok: Bool) { self = ok ? .ok : .failed }

    /// The mark as text.
    package var description: String { String(rawValue) }
}
