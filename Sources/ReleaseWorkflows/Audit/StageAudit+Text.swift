internal import CapsuleCore
internal import CapsuleTrust
internal import Rendering
internal import Support

extension StageAudit.Report {
    /// The report for a person.
    ///
    /// - Parameter color: whether differences are coloured.
    public func text(color: Bool = false) -> String {
        let width = stages.map(\.stage.count).max() ?? 0
        var out = ""
        for stage in stages {
            let name = stage.stage + String(repeating: " ", count: width - stage.stage.count)
            out += "\(stage.finding.mark) \(name)  \(stage.finding.rawValue)\(stage.release.map { "  \($0)" } ?? "")\n"
            let indent = String(repeating: " ", count: width + 4)
            for line in (stage.reason ?? "").split(separator: "\n") {
                out += "\(indent)\(line.escapedForDisplay())\n"
            }
            for check in stage.checks ?? [] {
                out += "\(indent)\(check.status.mark) \(check.line.escapedForDisplay())\n"
            }
            for line in (stage.diff?.text(color: color) ?? "").split(separator: "\n") { out += "\(indent)\(line)\n" }
        }
        return out
    }

    /// The report for an auditor's file: a table, then each stage that is not as it should be.
    public func markdown() -> String {
        var out = "# Audit: \(ok ? "every stage is proven" : "not every stage is proven")\n\n"
        out += "| stage | finding | release | commit |\n| --- | --- | --- | --- |\n"
        for stage in stages {
            let cells = [stage.release?.description, stage.commit?.description].map { $0?.markdownCode ?? "" }
            out += "| \(stage.stage.markdownCode) | \(stage.finding.mark) \(stage.finding.rawValue) | "
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

extension StageAudit.Finding {
    var mark: String {
        switch self {
        case .reproduced: "✓"
        case .empty, .unknown: "–"
        case .differs, .unproven: "✗"
        }
    }
}

extension CheckStatus {
    var mark: String {
        switch self {
        case .pass: "✓"
        case .fail: "✗"
        case .skipped: "–"
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
