public import OCI
internal import Signing

extension ReleaseEvidence {
    /// What of the evidence is read.
    public enum Scope: Hashable, Sendable {
        /// Signatures alone: what says that it attests something is left unread.
        case signatures
        /// Signatures and attestations.
        case everything
    }

    /// Reads the evidence of a manifest: cosign's `.sig` and `.att` manifests and the bundles that refer to it, side by side.
    ///
    /// - Throws: what leaves the question open. That there is no such tag or no referrer is an answer; that the place
    ///   could not say so is none.
    public static func gather(_ digest: Digest, in source: any ContentSource, scope: Scope = .everything)
        async throws -> ReleaseEvidence
    {
        async let signatures = EvidenceReader(digest, source).signatures()
        async let envelopes =
            scope == .everything ? EvidenceReader(digest, source).envelopes() : EvidenceReader(digest, source)
        let bundles = try await EvidenceReader(digest, source).bundles(scope)
        var evidence = ReleaseEvidence(capsule: digest, place: source.place)
        for reader in [try await signatures, try await envelopes, bundles] {
            evidence.pieces += reader.pieces
            evidence.refusals += reader.refusals
        }
        return evidence
    }
}
