public import CapsuleCore
public import CapsuleTrust
public import OCI

/// The content of one release and the evidence attached to it, unverified.
public struct ReleaseInspection: Encodable, Sendable {
    /// The content of the capsule.
    public let capsule: CapsuleInspection
    /// The signatures and attestations that could be read.
    public let evidence: [EvidenceItem]
    /// The reasons why attached evidence could not be read.
    public let unreadableEvidence: [String]
    /// The forms of a signature that are missing.
    public let missingEvidence: [String]
    /// The referrers of the capsule.
    public let attached: [Descriptor]

    /// Reads a release and its evidence.
    ///
    /// - Throws: `CapsuleError` for content that is not a valid capsule, and the errors of the source.
    public static func read(_ reference: ArtifactReference, from source: any ContentSource) async throws
        -> ReleaseInspection
    {
        let capsule = try await CapsuleReader.read(reference, from: source)
        let inspection = try CapsuleInspection(capsule)
        let evidence = try await ReleaseEvidence.gather(capsule.digest, in: source)
        return ReleaseInspection(
            capsule: inspection, evidence: evidence.items, unreadableEvidence: evidence.unreadable,
            missingEvidence: evidence.missing, attached: evidence.attached)
    }

    /// Encodes the fields of the capsule and those of the evidence in one object.
    public func encode(to encoder: any Encoder) throws {
        try capsule.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(unreadableEvidence, forKey: .unreadableEvidence)
        try container.encode(missingEvidence, forKey: .missingEvidence)
        try container.encode(attached, forKey: .attached)
    }

    private enum Key: CodingKey { case evidence, unreadableEvidence, missingEvidence, attached }
}
