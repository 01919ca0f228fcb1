internal import CapsuleCore
public import OCI
internal import Signing

/// Every signature and attestation that is attached to a capsule, each read once. It can be evaluated for any number of
/// requirements without reading anything again.
public struct ReleaseEvidence: Sendable {
    /// The part of the evidence that is read.
    public enum Scope: Hashable, Sendable {
        /// Signatures alone: bundles with another predicate type are not read.
        case signatures
        /// Signatures and attestations.
        case everything
    }

    /// The capsule.
    public let capsule: Digest
    /// The store that the evidence was read from.
    public let store: StoreReference
    /// The time of the commit, from the capsule's annotations; nil when they do not say it.
    public internal(set) var created: Int64?
    /// The commit, from the capsule's annotations.
    public internal(set) var revision: String?
    /// The form of the release.
    var form = ReleaseForm.capsule
    /// The signatures and attestations that could be read.
    var signedEvidence: [SignedEvidence] = []
    /// The reasons why others could not be read.
    var rejections: [RejectionReason] = []
    /// The manifests that refer to the capsule, evidence or not, as the store lists them.
    public private(set) var attached: [Descriptor] = []

    /// Creates empty evidence: nothing has been read.
    init(capsule: Digest, store: StoreReference) {
        self.capsule = capsule
        self.store = store
    }

    /// Reads the evidence of a manifest concurrently: cosign's `.sig` and `.att` manifests, and the bundles that refer to it.
    ///
    /// - Throws: errors that allow no verdict. A missing tag or an empty list of referrers is a result; a failure to
    ///   read them is thrown.
    public static func gather(_ digest: Digest, in source: any ContentSource, scope: Scope = .everything)
        async throws -> ReleaseEvidence
    {
        async let signatures = EvidenceReader(digest, source).signatures()
        async let envelopes =
            scope == .everything ? EvidenceReader(digest, source).envelopes() : EvidenceReader(digest, source)
        let bundles = try await EvidenceReader(digest, source).bundles(scope)
        var evidence = ReleaseEvidence(capsule: digest, store: source.reference)
        for reader in [try await signatures, try await envelopes, bundles] {
            evidence.signedEvidence += reader.signedEvidence
            evidence.rejections += reader.rejections
        }
        evidence.attached = bundles.attached
        return evidence
    }

    /// The missing signatures of this release, each with a remedy: both forms, or one of them. An interrupted run, or a
    /// copy by a program that supports one form, leaves such releases.
    ///
    /// Signatures are not verified here: that needs a key.
    public var missing: [String] {
        let signatures = items.filter {
            $0.kind == "signature" && $0.problem == nil && $0.subject == capsule.description
        }
        let isSimple = signatures.contains { $0.form == SignedEvidence.Form.simpleSigning.rawValue }
        let isBundle = signatures.contains { $0.form != SignedEvidence.Form.simpleSigning.rawValue }
        let again = "; `capsule sign` with the key that signed adds it"
        return switch (isSimple, isBundle) {
        case (true, true): []
        case (false, false): ["no signature: the release is unsigned; `capsule sign` signs it"]
        case (true, false): ["the signature is stored in cosign's .sig manifest only, not as a Sigstore bundle" + again]
        case (false, true): ["the signature is stored as a Sigstore bundle only, not in cosign's .sig manifest" + again]
        }
    }
}
