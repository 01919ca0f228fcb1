internal import CapsuleCore
internal import OCI
internal import Support

extension AttestationRequirement {
    /// What is asked for, in words.
    var words: String {
        switch kind {
        case .provenance: "provenance"
        case .sbom: "SBOM"
        case .promoted(let stage): "statement that it was promoted to \(stage)"
        case .verified(let stage): "statement that it was verified in \(stage)"
        }
    }

    /// What makes it, in words.
    var remedy: String {
        switch kind {
        case .provenance, .sbom: "attest it with `capsule attest`"
        case .promoted(let stage): "promote it to \(stage) with --attest-key"
        case .verified(let stage): "attest it with `capsule attest --verified \(stage)`"
        }
    }

    /// The predicate types that can be it.
    var predicateTypes: [String] {
        switch kind {
        case .provenance: [PredicateType.provenance]
        case .sbom: [PredicateType.spdx, PredicateType.cycloneDX]
        case .promoted: [PredicateType.promotion]
        case .verified: [PredicateType.verification]
        }
    }

    /// Whether what an attestation says is what is asked for; a text for people when it is.
    ///
    /// - Parameters:
    ///   - capsule: the capsule that it is about.
    ///   - revision: the commit that the capsule's annotations name.
    /// - Throws: why it is not.
    func judge(_ content: AttestationContent, capsule: Digest, revision: String?) throws(Refusal) -> String {
        switch (kind, content) {
        case (.provenance(let wanted), .provenance(let facts)):
            for (name, wanted, found) in [
                ("builder", wanted.builder, facts.builder), ("source", wanted.source, facts.source),
                ("workflow", wanted.workflow, facts.workflow), ("ref", wanted.ref, facts.ref),
            ] {
                guard let wanted, wanted != found else { continue }
                throw Refusal(
                    "its \(name) is \(found.map(quoted) ?? "not said"), not \(quoted(wanted))", remedy: nil)
            }
            if let revision, !facts.commits.isEmpty, !facts.commits.contains(revision) {
                throw Refusal(
                    "it was built from \(facts.commits.map(quoted).joined(separator: ", ")), not from commit \(revision)",
                    remedy: nil)
            }
            return "built by \(facts.builder)" + (facts.ref.map { " from \($0)" } ?? "")
                + (facts.source.map { " of \($0)" } ?? "")
        case (.sbom, .sbom(let kind)): return kind
        case (.promoted(let stage), .promoted(let statement)):
            guard statement.stage == stage else {
                throw Refusal("it is about the stage \(statement.stage), not \(stage)", remedy: nil)
            }
            guard statement.freight.capsule.digest == capsule else {
                throw Refusal("it says that \(statement.freight.capsule.digest) was promoted", remedy: nil)
            }
            guard statement.outcome == .promoted else {
                throw Refusal("it was put up for review there; whether it was taken is not said", remedy: nil)
            }
            return "promoted at \(CapsuleFormat.timestamp(statement.promotedAt))"
        case (.verified(let stage), .verified(let statement)):
            guard statement.stage == stage else {
                throw Refusal("it is about the stage \(statement.stage), not \(stage)", remedy: nil)
            }
            return "verified at \(CapsuleFormat.timestamp(statement.verifiedAt))"
        default: throw Refusal("it attests something else", remedy: nil)
        }
    }
}
