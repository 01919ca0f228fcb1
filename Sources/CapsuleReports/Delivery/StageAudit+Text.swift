internal import CapsuleCore
internal import CapsuleTrust
internal import GitOps
package import ReleaseWorkflows
internal import Rendering
internal import Support

extension StageAudit.Report {
    /// The report as text.
    ///
    /// - Parameter color: true colours the differences.
    package func text(color: Bool = false) -> String {
        let column = NameColumn(stages.map(\.stage))
        let indent = column.indent(marked: true)
        var out = ReportLines()
        for stage in stages {
            let text = "\(stage.finding.rawValue)\(stage.release.map { "  \($0)" } ?? "")"
            out.add(column.line(stage.stage, text, mark: stage.finding.mark))
            out.add((stage.reason ?? "").split(separator: "\n").map { "\(indent)\($0)" })
            out.add((stage.checks ?? []).map { "\(indent)\($0.status.mark) \($0.line)" })
            if let diff = stage.diff {
                let lines = diff.text(color: color).split(separator: "\n")
                out.add(report: lines.joined(separator: "\n"), indent: indent)
            }
        }
        return out.text
    }

    /// The report as Markdown: a table, then a section for each stage with findings.
    package func markdown() -> String {
        var out = "# Audit: \(ok ? "every stage is proven" : "not every stage is proven")\n\n"
        out += "| stage | finding | release | commit |\n| --- | --- | --- | --- |\n"
        for stage in stages {
            let cells = [stage.release?.description, stage.commit?.description].map { ($0 ?? "").markdownCell }
            out += "| \(stage.stage.markdownCell) | \(stage.finding.mark) \(stage.finding.rawValue) | "
            out += cells.joined(separator: " | ") + " |\n"
        }
        for stage in stages where stage.reason != nil || stage.checks != nil || stage.diff != nil {
            out += "\n## \(stage.stage.markdownCode): \(stage.finding.rawValue)\n"
            let lines = (stage.reason ?? "").split(separator: "\n").map { String($0) }
            if !lines.isEmpty { out += "\n" + lines.map { "- \($0.markdownCode)\n" }.joined() }
            if let checks = stage.checks, !checks.isEmpty {
                out += "\n" + checks.map { "- \($0.status.mark) \($0.line.markdownCode)\n" }.joined()
            }
            if let diff = stage.diff { out += "\n" + diff.markdown() }
        }
        return out
    }
}

extension StageAudit.Outcome {
    var mark: ReportMark {
        switch self {
        case .reproduced: .ok
        case .empty, .unknown: .skipped
        case .differs, .unproven: .failed
        }
    }
}

extension CheckResult {
    /// The check in one line: its id, and why it failed or what was seen.
    var line: String {
        let seen = evidence.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let rest = reason ?? seen
        return rest.isEmpty ? id : "\(id): \(rest)"
    }
}
