package import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
public import Documents
internal import GitOps
internal import OCI
internal import Support

extension EvidencePolicy {
    /// Checks that every stage that the policy names exists, and that no stage requires an attestation that cannot
    /// exist before the stage itself or a later one has accepted the release.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    public func check(against ladder: [Stage]) throws(DocumentError) {
        let names = ladder.map(\.name)
        let known = names.isEmpty ? "none" : names.joined(separator: ", ")
        for name in stages.keys.sorted() where !names.contains(name) {
            throw invalid("stages names \(quoted(name)), which is not a stage; the stages there are: \(known)")
        }
        for stage in ladder {
            for attestation in rules(for: stage.name).attestations {
                guard let other = attestation.stage else { continue }
                guard names.contains(other) else {
                    throw invalid(
                        "\(attestation.id) names \(quoted(other)), which is not a stage; the stages there are: \(known)"
                    )
                }
                guard other == stage.name || Self.comes(other, after: stage.name, in: ladder) else { continue }
                let reason = other == stage.name ? "only after the stage itself" : "only after \(other), a later stage,"
                throw invalid(
                    "stage \(stage.name) requires \(attestation.id) and could never accept a release: the attestation "
                        + "exists \(reason) has accepted the release; require it in the stages after \(other)")
            }
        }
    }

    /// Checks that the policy names a stage, for use without a ladder: a mistyped name would have fewer requirements.
    ///
    /// - Throws: `CapsuleError.Code.notFound`
    package func check(stage name: String) throws(CapsuleError) {
        guard stages[name] == nil else { return }
        let known = stages.isEmpty ? "none" : stages.keys.sorted().joined(separator: ", ")
        throw CapsuleError(
            .notFound,
            "\(self.name) has no stage \(quoted(name)), and no \(CapsuleConfiguration.fileName) lists the stages; the policy's stages are: \(known)"
        )
    }

    private static func comes(_ stage: String, after other: String, in ladder: [Stage]) -> Bool {
        var open = [stage]
        var seen: Set<String> = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            if next == other { return true }
            open += ladder.first { $0.name == next }?.after ?? []
        }
        return false
    }

    private func invalid(_ message: String) -> DocumentError {
        DocumentError(.invalidDocument, "\(name): \(message)")
    }
}

extension EvidencePolicy.Attestation {
    /// The stage of a promotion or verification attestation; nil for an attestation about the build.
    var stage: String? {
        switch kind {
        case .promoted(let stage), .verified(let stage): stage
        case .provenance, .sbom: nil
        }
    }
}
