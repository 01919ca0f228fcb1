internal import CapsuleCore
internal import CapsuleTrust
internal import OCI
package import ReleaseWorkflows

extension ReleaseInspection {
    /// The inspection as text: the capsule, then a line for each piece of evidence and each other referrer.
    package func text() -> String {
        let shown = Set(evidence.map(\.manifest))
        let lines =
            evidence.map { line($0) } + unreadableEvidence.map { "unreadable  \($0)" }
            + missingEvidence.map { "missing     \($0)" }
            + attached.filter { !shown.contains($0.digest) }.map {
                "attached    \($0.artifactType ?? $0.mediaType) \($0.digest)"
            }
        var out = ReportLines()
        out.add(report: capsule.text())
        if !lines.isEmpty { out.add([""] + lines) }
        return out.text
    }

    /// One piece of evidence: its kind, its content, the key that it names, and problems.
    private func line(_ item: EvidenceItem) -> String {
        var parts = [[item.stage, item.detail].compactMap { $0 }.joined(separator: " ")]
        parts.append(item.key.map { "by key \($0)" } ?? "by a key that it does not name")
        if let repository = item.repository, !repository.isEmpty { parts.append("for \(repository)") }
        if let subject = item.subject, subject != "\(capsule.digest)" {
            parts.append("about another digest, \(subject)")
        }
        if let problem = item.problem { parts.append("malformed: \(problem)") }
        let text = parts.filter { !$0.isEmpty }.joined(separator: ", ")
        return "\(item.kind.padded(to: 12))\(text) (\(item.form) \(item.manifest.short))"
    }
}
