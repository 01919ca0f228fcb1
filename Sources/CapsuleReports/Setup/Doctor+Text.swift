package import ReleaseWorkflows

extension Doctor.Report {
    /// The report as text: a line for each check.
    package func text() -> String {
        let column = NameColumn(checks.map(\.id))
        var out = ReportLines()
        for check in checks {
            let mark: ReportMark = check.status == .warn ? .warning : ReportMark(check.status == .ok)
            out.add(column.line(check.id, check.detail, mark: mark))
            if let remedy = check.remedy { out.add("\(column.indent(marked: true))→ \(remedy)") }
        }
        return out.text
    }
}
