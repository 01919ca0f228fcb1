internal import CapsuleCore
public import Documents
public import OCI
public import Signing
internal import Support

/// What an attestation must be.
public struct AttestationRequirement: Hashable, Sendable {
    /// What it attests.
    public enum Kind: Hashable, Sendable {
        /// Where the release came from: SLSA provenance v1.
        case provenance(ProvenanceRequirement)
        /// What is in it: SPDX or CycloneDX.
        case sbom
        /// That a stage took it.
        case promoted(stage: String)
        /// That it was found to work in a stage.
        case verified(stage: String)

        /// The name of the check that asks for it.
        public var id: String {
            switch self {
            case .provenance: "attestation.provenance"
            case .sbom: "attestation.sbom"
            case .promoted(let stage): "attestation.promoted.\(stage)"
            case .verified(let stage): "attestation.verified.\(stage)"
            }
        }
    }

    /// What it attests.
    public let kind: Kind
    /// The keys that count.
    public let keys: [VerificationKey]
    /// How many different ones of them must have attested it.
    public let threshold: Int
    /// The repository that each attestation must name.
    public let repository: Repository

    /// Asks for an attestation.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for an empty list of keys, for a threshold that is zero or out of
    ///   reach, for a stage that no stage can be called, and for an empty text among what provenance must say.
    public init(kind: Kind, keys: [VerificationKey], threshold: Int = 1, repository: Repository)
        throws(DocumentError)
    {
        // The same rules hold for both.
        let signature = try SignatureRequirement(keys: keys, threshold: threshold, repository: repository)
        switch kind {
        case .sbom: break
        case .provenance(let wanted):
            for text in [wanted.builder, wanted.source, wanted.workflow, wanted.ref] where text?.isEmpty == true {
                throw DocumentError(
                    .invalidDocument, "a provenance requirement has an empty value, which nothing can equal")
            }
        case .promoted(let stage), .verified(let stage):
            guard isDNSLabel(stage) else {
                throw DocumentError(.invalidDocument, "\(quoted(stage)) is not a valid name of a stage")
            }
        }
        self.kind = kind
        self.keys = signature.keys
        self.threshold = threshold
        self.repository = repository
    }

    /// The check's name in reports.
    public var id: String { kind.id }
}

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
    func evaluate(_ content: AttestationContent, capsule: Digest, revision: String?) throws(RejectionReason) -> String {
        switch (kind, content) {
        case (.provenance(let wanted), .provenance(let facts)):
            for (name, wanted, found) in [
                ("builder", wanted.builder, facts.builder), ("source", wanted.source, facts.source),
                ("workflow", wanted.workflow, facts.workflow), ("ref", wanted.ref, facts.ref),
            ] {
                guard let wanted, wanted != found else { continue }
                throw RejectionReason(
                    "its \(name) is \(found.map(quoted) ?? "not said"), not \(quoted(wanted))", remedy: nil)
            }
            if let revision, !facts.commits.isEmpty, !facts.commits.contains(revision) {
                throw RejectionReason(
                    "it was built from \(facts.commits.map(quoted).joined(separator: ", ")), not from commit \(revision)",
                    remedy: nil)
            }
            return "built by \(facts.builder)" + (facts.ref.map { " from \($0)" } ?? "")
                + (facts.source.map { " of \($0)" } ?? "")
        case (.sbom, .sbom(let kind)): return kind
        case (.promoted(let stage), .promoted(let statement)):
            guard statement.stage == stage else {
                throw RejectionReason("it is about the stage \(statement.stage), not \(stage)", remedy: nil)
            }
            guard statement.freight.capsule.digest == capsule else {
                throw RejectionReason("it says that \(statement.freight.capsule.digest) was promoted", remedy: nil)
            }
            guard statement.outcome == .promoted else {
                throw RejectionReason("the statement records an open review for that stage, not a merge", remedy: nil)
            }
            return "promoted at \(CapsuleFormat.timestamp(statement.promotedAt))"
        case (.verified(let stage), .verified(let statement)):
            guard statement.stage == stage else {
                throw RejectionReason("it is about the stage \(statement.stage), not \(stage)", remedy: nil)
            }
            return "verified at \(CapsuleFormat.timestamp(statement.verifiedAt))"
        default: throw RejectionReason("it attests something else", remedy: nil)
        }
    }
}

/// What provenance must say. Each text is compared whole and exactly; what is nil may be anything.
public struct ProvenanceRequirement: Hashable, Sendable {
    /// Who built.
    public var builder: String?
    /// The source repository.
    public var source: String?
    /// The path of the workflow in the source.
    public var workflow: String?
    /// The Git ref.
    public var ref: String?

    /// Says what provenance must say.
    public init(builder: String? = nil, source: String? = nil, workflow: String? = nil, ref: String? = nil) {
        self.builder = builder
        self.source = source
        self.workflow = workflow
        self.ref = ref
    }
}
