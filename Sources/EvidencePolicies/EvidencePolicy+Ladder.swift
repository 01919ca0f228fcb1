public import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
public import Documents
internal import GitOps
internal import OCI
internal import Support

extension EvidencePolicy {
    /// Checks that the policy is about these stages: each that it names is there, and none asks for a statement that cannot
    /// exist before the stage itself, or one behind it, has taken the release.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    public func check(against ladder: [Stage]) throws(DocumentError) {
        let names = ladder.map(\.name)
        let known = names.isEmpty ? "none" : names.joined(separator: ", ")
        for name in stages.keys.sorted() where !names.contains(name) {
            throw complaint("stages names \(quoted(name)), which is not a stage; the stages there are: \(known)")
        }
        for stage in ladder {
            for attestation in rules(for: stage.name).attestations {
                guard let other = attestation.stage else { continue }
                guard names.contains(other) else {
                    throw complaint(
                        "\(attestation.id) names \(quoted(other)), which is not a stage; the stages there are: \(known)"
                    )
                }
                guard other == stage.name || Self.comes(other, after: stage.name, in: ladder) else { continue }
                let what = other == stage.name ? "itself" : "which comes after it"
                throw complaint(
                    "stage \(stage.name) asks for \(attestation.id), and could never take a release: that is said of "
                        + "\(other), \(what); ask for it in the stages behind \(other)")
            }
        }
    }

    /// The stage of that name, which the policy must know when no ladder does: a stage that is mistyped would be asked for
    /// less.
    ///
    /// - Throws: `CapsuleError.Code.notFound`
    public func check(stage name: String) throws(CapsuleError) {
        guard stages[name] == nil else { return }
        let known = stages.isEmpty ? "none" : stages.keys.sorted().joined(separator: ", ")
        throw CapsuleError(
            .notFound,
            "\(self.name) has no stage \(quoted(name)), and there is no ladder that has it; the policy's stages are: \(known)"
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

    private func complaint(_ message: String) -> DocumentError {
        DocumentError(.invalidDocument, "\(name): \(message)")
    }
}

extension EvidencePolicy.Attestation {
    /// The stage that it is about; nil when it is about none.
    var stage: String? {
        switch kind {
        case .promoted(let stage), .verified(let stage): stage
        case .provenance, .sbom: nil
        }
    }
}
