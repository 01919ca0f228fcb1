internal import CapsuleTrust
internal import OCI
package import ReleaseWorkflows

extension PolicyCheck {
    /// The report as text.
    package func text() -> String {
        var out = ReportLines()
        if let problem {
            out.add("\(ReportMark.failed) \(problem)")
            return out.text
        }
        var lines = [policy ?? ""]
        if let release {
            lines.append(
                release.reference + (release.digest.map { release.reference.contains("@") ? "" : "@\($0)" } ?? ""))
            lines += Self.lines(release.failures, indent: "")
        }
        for stage in stages {
            let name = stage.stage ?? "every other stage"
            let verdict =
                release == nil
                ? (stage.ok ? "a release can pass" : "no release can pass") : (stage.ok ? "passes" : "does not pass")
            lines.append("\(ReportMark(stage.ok)) \(name): \(verdict)")
            if let problem = stage.problem { lines.append("    \(problem)") }
            lines += Self.lines(stage.checks ?? [], indent: "  ")
            if stage.checks?.isEmpty == true { lines.append("    it requires no evidence") }
        }
        out.add(lines)
        return out.text
    }

    private static func lines(_ checks: [CheckResult], indent: String) -> [String] {
        checks.flatMap { check in
            let mark = ReportMark(check.status == .pass)
            let reason = check.reason.map { ": \($0)" } ?? ""
            return ["\(indent)\(mark) \(check.id)\(reason)"] + (check.remedy.map { ["\(indent)  → \($0)"] } ?? [])
        }
    }
}
