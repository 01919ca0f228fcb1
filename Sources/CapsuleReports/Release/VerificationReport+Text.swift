internal import CapsuleCore
package import CapsuleTrust
internal import OCI
internal import Signing

extension VerificationReport {
    /// The report as text: the subjects, a line for each check, the remedy of each failure, and the verdict.
    package func text() -> String {
        var lines = subjects()
        let column = NameColumn(checks.map(\.id))
        let indent = column.indent(marked: true)
        for check in checks {
            lines.append(trimmed(column.line(check.id, summary(check), mark: check.status.mark)))
            if check.status != .pass {
                lines += check.evidence.sorted { $0.key < $1.key }.map {
                    "\(indent)\($0.key): \($0.value)"
                }
            }
            if let remedy = check.remedy { lines.append("\(indent)→ \(remedy)") }
        }
        lines += ["", verdict()]
        var out = ReportLines()
        out.add(lines)
        return out.text
    }

    private func subjects() -> [String] {
        var lines: [String] = []
        if let release { lines.append("release  \(release.identity)") }
        lines.append("\(form == .pair ? "package" : "capsule")  \(described(capsule))")
        if let image { lines.append("image    \(described(image))") }
        if let witness { lines.append("witness  \(witness.path) at \(witness.commit), \(witness.digest)") }
        return lines + [""]
    }

    private func described(_ subject: Subject) -> String {
        let digest = subject.digest.map { "@\($0)" } ?? ""
        let text = subject.reference.contains("@") ? subject.reference : subject.reference + digest
        return text
    }

    private func summary(_ check: CheckResult) -> String {
        if let reason = check.reason { return reason }
        return check.evidence.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private func verdict() -> String {
        let failed = checks.count { $0.status == .fail }
        let skipped = checks.count { $0.status == .skipped }
        let passed = checks.count - failed - skipped
        let counts = "\(passed) passed, \(failed) failed, \(skipped) skipped"
        return ok ? "verified: \(counts)" : "rejected: \(counts)"
    }

    private func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}
