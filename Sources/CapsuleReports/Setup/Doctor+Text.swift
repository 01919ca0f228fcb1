package import ReleaseWorkflows

extension Doctor.Report {
    /// The report as text: a line for each check.
    package func text() -> String {
        let column = NameColumn(checks.map(\.id))
        return checks.map { check in
            let mark: ReportMark = check.status == .warn ? .warning : ReportMark(check.status == .ok)
            let remedy = check.remedy.map { "\n\(column.indent(marked: true))→ \($0)" } ?? ""
            return column.line(check.id, check.detail, mark: mark) + remedy + "\n"
        }.joined()
    }
}
