public import CapsuleCore
internal import CapsuleTrust
public import OCI
public import Promotion
public import Signing
internal import Support

/// The ladder according to the registry: read from the statements of promotions that are attached to the capsules.
public struct RegistryLadder: Sendable, Codable {
    /// A stage, from the newest statement about it.
    public struct Stage: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// The release of its newest promotion; nil when only a review is known.
        public var held: Promotion?
        /// The newest review since that promotion.
        public var review: Promotion?
    }

    /// A promotion, from its statement.
    public struct Promotion: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// The capsule.
        public var capsule: Digest
        /// The time of the promotion, RFC 3339.
        public var since: String
        /// The stage branch or review branch.
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
    public var schemaVersion = CapsuleFormat.documentSchema
    /// The repository.
    public var repository: String
    /// The number of releases that were read, newest first.
    public var releases: Int
    /// True when there are older releases that were not read.
    public var isPartial: Bool
    /// The stages that statements name: in the order of the ladder where that is known, the others by name.
    public var stages: [Stage]

    /// The default for the number of releases that are read. Each costs a few requests. With twenty releases a day,
    /// the default covers a week, and a stage rarely holds an older release.
    public static let limit = 150
    private static let width = 8

    /// Reads the statements that are attached to the newest releases of a repository.
    ///
    /// - Parameters:
    ///   - keys: the keys whose statements are accepted.
    ///   - repository: the repository that statements name.
    ///   - ladder: the stages in their order, as far as it is known.
    ///   - limit: the maximum number of releases that are read.
    ///   - now: the time in seconds since 1970. Statements dated in the future would always be the newest, and are
    ///     ignored.
    /// - Throws: the errors that leave the ladder undetermined, such as `OCIError.Code.unavailable`.
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
                        AttestedStatement(
                            release: release.release, key: attestation.key.fingerprint, statement: statement)
                    } else {
                        nil
                    }
                }
        }
        let stages = Dictionary(grouping: found.flatMap { $0 }, by: \.statement.stage)
        func place(_ stage: Stage) -> (Int, String) {
            (ladder.firstIndex(of: stage.stage) ?? ladder.count, stage.stage)
        }
        return RegistryLadder(
            repository: source.reference.description, releases: newest.count,
            isPartial: listing.releases.count > newest.count,
            stages: stages.map { Stage($0.key, $0.value) }.sorted { place($0) < place($1) })
    }
}

private struct AttestedStatement: Sendable {
    let release: ReleaseIdentity
    let key: Digest
    let statement: PromotionStatement
}

extension RegistryLadder.Stage {
    fileprivate init(_ stage: String, _ statements: [AttestedStatement]) {
        self.stage = stage
        func newest(_ outcome: PromotionStatement.Outcome) -> AttestedStatement? {
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
    fileprivate init(_ found: AttestedStatement) {
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
