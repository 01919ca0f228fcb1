internal import CapsuleCore
public import Documents
public import OCI
public import Signing
internal import Support

/// A requirement of an attestation: its kind, the keys that may sign it, and the repository it must name.
public struct AttestationRequirement: Hashable, Sendable {
    /// The content that must be attested.
    public enum Kind: Hashable, Sendable {
        /// The origin of the release: SLSA provenance v1.
        case provenance(ProvenanceRequirement)
        /// An SBOM: SPDX or CycloneDX.
        case sbom
        /// A promotion to a stage.
        case promoted(stage: String)
        /// A verification in a stage.
        case verified(stage: String)

        /// The id of the check that evaluates it.
        public var id: String {
            switch self {
            case .provenance: "attestation.provenance"
            case .sbom: "attestation.sbom"
            case .promoted(let stage): "attestation.promoted.\(stage)"
            case .verified(let stage): "attestation.verified.\(stage)"
            }
        }
    }

    /// The content that must be attested.
    public let kind: Kind
    /// The keys that are accepted.
    public let keys: [VerificationKey]
    /// The number of different keys that must have attested it.
    public let threshold: Int
    /// The repository that each attestation must name.
    public let repository: Repository

    /// Describes a requirement of an attestation.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for an empty list of keys, for a threshold that is zero or out of
    ///   reach, for an invalid stage name, and for an empty text in the required provenance.
    public init(kind: Kind, keys: [VerificationKey], threshold: Int = 1, repository: Repository)
        throws(DocumentError)
    {
        // The rules for keys and threshold are those of signatures.
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
    /// The name of the attestation in messages.
    var noun: String {
        switch kind {
        case .provenance: "provenance"
        case .sbom: "SBOM"
        case .promoted(let stage): "statement that it was promoted to \(stage)"
        case .verified(let stage): "statement that it was verified in \(stage)"
        }
    }

    /// The way to make the attestation, for messages.
    var remedy: String {
        switch kind {
        case .provenance, .sbom: "attest it with `capsule attest`"
        case .promoted(let stage): "promote it to \(stage) with --attest-key"
        case .verified(let stage): "attest it with `capsule attest --verified \(stage)`"
        }
    }

    /// True when a predicate of this type can satisfy the requirement.
    func accepts(predicateType type: String) -> Bool {
        switch kind {
        case .provenance: type == PredicateType.provenance
        case .sbom: PredicateType.isSPDX(type) || PredicateType.isCycloneDX(type)
        case .promoted: type == PredicateType.promotion
        case .verified: type == PredicateType.verification
        }
    }

    /// Compares the content of an attestation with the requirement. Returns a description of it for the report.
    ///
    /// - Parameters:
    ///   - capsule: the capsule that it is about.
    ///   - revision: the commit that the capsule's annotations name.
    ///   - scope: the other subjects that a statement must be about; nil when they are not known.
    ///   - now: the time in seconds since 1970.
    /// - Throws: the reason why it does not satisfy the requirement.
    func evaluate(
        _ content: AttestationContent, capsule: Digest, revision: String?, scope: StatementScope?, now: Int64
    ) throws(RejectionReason) -> String {
        switch (kind, content) {
        case (.provenance(let wanted), .provenance(let facts)):
            for (name, wanted, found) in [
                ("builder", wanted.builder, facts.builder), ("source", wanted.source, facts.source),
                ("workflow", wanted.workflow, facts.workflow), ("ref", wanted.ref, facts.ref),
            ] {
                guard let wanted, wanted != found else { continue }
                throw RejectionReason(
                    "its \(name) is \(found.map(quoted) ?? "missing"), not \(quoted(wanted))", remedy: nil)
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
            if let scope {
                if let objection = scope.objection(to: statement) { throw RejectionReason(objection, remedy: nil) }
                try Self.checkTime(statement.promotedAt, now: now)
            }
            guard statement.outcome == .promoted else {
                throw RejectionReason("the statement records an open review for that stage, not a merge", remedy: nil)
            }
            return "promoted at \(CapsuleFormat.timestamp(statement.promotedAt))"
        case (.verified(let stage), .verified(let statement)):
            guard statement.stage == stage else {
                throw RejectionReason("it is about the stage \(statement.stage), not \(stage)", remedy: nil)
            }
            if scope != nil { try Self.checkTime(statement.verifiedAt, now: now) }
            return "verified at \(CapsuleFormat.timestamp(statement.verifiedAt))"
        default: throw RejectionReason("it attests something else", remedy: nil)
        }
    }

    private static func checkTime(_ time: Int64, now: Int64) throws(RejectionReason) {
        guard time > now.addingClamped(ReleaseEvidence.clockSkew) else { return }
        throw RejectionReason(
            "it is dated \(CapsuleFormat.timestamp(time)), and it is \(CapsuleFormat.timestamp(now)) here: one of the two "
                + "clocks is wrong", remedy: nil)
    }
}

/// The values that provenance must contain. Each is compared exactly; nil accepts every value.
public struct ProvenanceRequirement: Hashable, Sendable {
    /// The builder.
    public var builder: String?
    /// The source repository.
    public var source: String?
    /// The path of the workflow in the source.
    public var workflow: String?
    /// The Git ref.
    public var ref: String?

    /// Describes the required provenance.
    public init(builder: String? = nil, source: String? = nil, workflow: String? = nil, ref: String? = nil) {
        self.builder = builder
        self.source = source
        self.workflow = workflow
        self.ref = ref
    }
}
