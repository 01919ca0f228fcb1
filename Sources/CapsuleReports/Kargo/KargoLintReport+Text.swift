package import KargoManifests
internal import Support

extension KargoLintReport {
    /// One line for each finding, and a line with the totals.
    package func text() -> String {
        let errors = findings.count { $0.severity == .error }
        var out = ReportLines()
        out.add(findings.map { "\($0.severity == .error ? ReportMark.failed : .warning) \($0)" })
        let warnings = findings.count - errors
        func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
        let totals =
            "\(count(objects, "object")) in \(count(files, "file")), for Kargo \(kargo): \(count(errors, "error")), "
            + count(warnings, "warning")
        out.add("\(ReportMark(ok)) \(totals)")
        return out.text
    }
}
