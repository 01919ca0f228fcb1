internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
package import EvidencePolicies
internal import OCI

extension PolicyExplanation {
    /// The policy as text.
    package func text() -> String {
        var lines = [policy, ""]
        if !keys.isEmpty {
            let column = NameColumn(keys.map(\.name))
            lines.append("keys")
            for key in keys {
                let words = [
                    key.file ?? "in the policy", key.from.map { "from \($0)" }, key.until.map { "until \($0)" },
                    key.reason.map { "INVALID: \($0)" },
                ].compactMap { $0 }
                lines.append("  " + column.line(key.name, "\(key.fingerprint)  \(words.joined(separator: ", "))"))
            }
            lines.append("")
        }
        if bind == .name {
            lines += ["signatures and attestations must name the repository (bind: name)", ""]
        }
        for stage in stages { lines += Self.lines(stage) + [""] }
        lines += Self.list("revoked capsules, which every stage rejects", revoked.releases)
        lines += Self.list("revoked keys", revoked.keys)
        while lines.last == "" { lines.removeLast() }
        var out = ReportLines()
        out.add(lines)
        return out.text
    }

    private static func lines(_ stage: Stage) -> [String] {
        var requirements: [String] = []
        if let signatures = stage.signatures {
            requirements.append("it is signed by \(who(signatures.keys, signatures.threshold))")
        }
        requirements += stage.attestations.map(demand)
        if let age = stage.maximumAge { requirements.append("its commit is at most \(age) old") }
        if let forms = stage.forms { requirements.append("it is a \(forms.joined(separator: " or a "))") }
        let name = stage.stage.map { "stage \($0) accepts a release" } ?? "every other stage accepts a release"
        var lines = requirements.isEmpty ? ["\(name) without evidence"] : ["\(name) when"]
        lines += requirements.map { "  - \($0)" }
        if let problem = stage.problem { lines.append("  \(ReportMark.failed) no release can pass: \(problem)") }
        return lines
    }

    private static func demand(_ attestation: Attestation) -> String {
        let who = who(attestation.keys, attestation.threshold)
        switch (attestation.id, attestation.stage) {
        case (_, let stage?) where attestation.id.hasPrefix("attestation.promoted."):
            return "\(who) attested its promotion to \(stage)"
        case (_, let stage?): return "\(who) attested that it was verified in \(stage)"
        case ("attestation.sbom", nil): return "\(who) attested its SBOM"
        default:
            let facts = [
                attestation.builder.map { "built by \($0)" }, attestation.source.map { "from \($0)" },
                attestation.workflow.map { "by the workflow \($0)" }, attestation.ref.map { "at \($0)" },
            ].compactMap { $0 }
            return "\(who) attested its provenance" + (facts.isEmpty ? "" : ": \(facts.joined(separator: ", "))")
        }
    }

    private static func who(_ keys: [String], _ threshold: Int) -> String {
        switch (keys.count, threshold) {
        case (1, _): keys[0]
        case (_, 1): "one of \(keys.joined(separator: ", "))"
        case (threshold, _): "all of \(keys.joined(separator: ", "))"
        default: "\(threshold) of \(keys.joined(separator: ", "))"
        }
    }

    private static func list(_ what: String, _ digests: [Digest]) -> [String] {
        digests.isEmpty ? [] : [what] + digests.map { "  \($0)" } + [""]
    }
}
