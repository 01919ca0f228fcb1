public import OCI

/// Every signature and attestation that stands beside a capsule, each read once. What is asked of them can be asked again
/// and again, for one stage after the other, without reading anything again.
public struct ReleaseEvidence: Sendable {
    /// The capsule.
    public let capsule: Digest
    /// Where the evidence was read.
    public let place: Place
    /// The commit's time, as the capsule's annotations say it; nil where they do not.
    public internal(set) var created: Int64?
    /// The commit, as the capsule's annotations say it.
    public internal(set) var revision: String?
    /// What could be read.
    var pieces: [SignedPiece] = []
    /// What claims to be evidence and cannot be read, with the reason.
    var refusals: [Refusal] = []

    init(capsule: Digest, place: Place) {
        self.capsule = capsule
        self.place = place
    }
}
