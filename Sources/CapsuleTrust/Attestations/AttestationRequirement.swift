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
                    .invalidDocument, "provenance is asked for with an empty text, which nothing can be equal to")
            }
        case .promoted(let stage), .verified(let stage):
            guard isDNSLabel(stage) else {
                throw DocumentError(.invalidDocument, "no stage can be called \(quoted(stage))")
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
