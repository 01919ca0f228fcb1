public import CapsuleCore
internal import CapsuleTrust
public import OCI
public import Promotion
public import Signing
internal import Support

/// Where releases are, from the registry alone: what the statements beside the capsules say, that promotions left there.
public struct RegistryLadder: Sendable, Codable {
    /// A stage, as the newest statement about it says.
    public struct Rung: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// The release that it took last; nil when a review is all that is known.
        public var held: Promotion?
        /// What was put up for review since then.
        public var review: Promotion?
    }

    /// A promotion, as its statement says.
    public struct Promotion: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// The capsule.
        public var capsule: Digest
        /// When, RFC 3339.
        public var since: String
        /// The branch in Git, and the commit that was made there.
        public var branch: String
        /// The commit on it.
        public var commit: CommitID?
        /// The policy that it was rendered with.
        public var policy: ReleaseRecord.GitOps
        /// The digest of the rendered files.
        public var rendered: Digest
        /// The fingerprint of the key that attested it.
        public var key: Digest
    }

    /// The version of this document.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// The repository.
    public var repository: String
    /// How many releases were looked at, the newest ones.
    public var releases: Int
    /// Whether there are older releases that were not looked at.
    public var isPartial: Bool
    /// The stages that statements are about: in the order of the ladder where that is known, the others by name.
    public var stages: [Rung]

    /// The most releases that are looked at when nobody says how many. Each costs a few requests; with twenty releases a day
    /// that is a week, and what stages hold is rarely older.
    public static let limit = 150
    private static let width = 8

    /// Reads the statements beside the newest releases of a repository.
    ///
    /// - Parameters:
    ///   - keys: whose statements count.
    ///   - repository: the repository that statements name.
    ///   - ladder: the stages in their order, as far as it is known.
    ///   - limit: how many releases are looked at.
    ///   - now: the time in seconds since 1970. A statement about a time that is yet to come would be the newest for ever, and
    ///     counts for nothing.
    /// - Throws: what leaves the question open, such as `OCIError.Code.unavailable`.
    public static func read(
        _ source: any ContentSource, keys: [VerificationKey], repository: Repository, ladder: [String] = [],
        limit: Int = limit, now: Int64
    ) async throws -> RegistryLadder {
        let listing = try await CapsuleListing.read(source)
        let newest = Array(listing.releases.prefix(limit))
        let found = try await concurrently(newest, width: width) { release in
            try await ReleaseEvidence.gather(release.digest, in: source)
                .attestations(by: keys, in: repository)
                .compactMap { attestation in
                    if case .promoted(let statement) = attestation.content,
                        statement.freight.capsule.digest == release.digest,
                        statement.promotedAt <= now + ReleaseEvidence.clockSkew
                    {
                        Statement(release: release.release, key: attestation.key.fingerprint, statement: statement)
                    } else {
                        nil
                    }
                }
        }
        let stages = Dictionary(grouping: found.flatMap { $0 }, by: \.statement.stage)
        func place(_ rung: Rung) -> (Int, String) { (ladder.firstIndex(of: rung.stage) ?? ladder.count, rung.stage) }
        return RegistryLadder(
            repository: source.place.description, releases: newest.count,
            isPartial: listing.releases.count > newest.count,
            stages: stages.map { Rung($0.key, $0.value) }.sorted { place($0) < place($1) })
    }
}

private struct Statement: Sendable {
    let release: ReleaseIdentity
    let key: Digest
    let statement: PromotionStatement
}

extension RegistryLadder.Rung {
    fileprivate init(_ stage: String, _ statements: [Statement]) {
        self.stage = stage
        func newest(_ outcome: PromotionStatement.Outcome) -> Statement? {
            statements.filter { $0.statement.outcome == outcome }
                .max {
                    ($0.statement.promotedAt, $0.release.description) < (
                        $1.statement.promotedAt, $1.release.description
                    )
                }
        }
        let (held, review) = (newest(.promoted), newest(.review))
        self.held = held.map { RegistryLadder.Promotion($0) }
        guard let review, review.statement.promotedAt > held?.statement.promotedAt ?? .min else { return }
        self.review = RegistryLadder.Promotion(review)
    }
}

extension RegistryLadder.Promotion {
    fileprivate init(_ found: Statement) {
        let statement = found.statement
        release = found.release
        capsule = statement.freight.capsule.digest
        since = CapsuleFormat.timestamp(statement.promotedAt)
        branch = statement.gitops.branch
        commit = statement.gitops.stageCommit
        policy = .init(repository: statement.gitops.repository, commit: statement.gitops.commit)
        rendered = statement.rendered
        key = found.key
    }
}
