internal import CapsuleCore
package import CapsuleTrust
internal import OCI
internal import Signing

/// The signed statements that a release was promoted to one upstream stage, by the keys that the policy names for it.
package struct AttestedPromotions: Hashable, Sendable {
    /// A statement.
    struct Statement: Hashable, Sendable {
        /// The fingerprint of the key that signed it.
        let key: Digest
        /// The commit of the stage branch.
        let commit: CommitID?
        /// The time of the promotion, in seconds since 1970.
        let time: Int64
    }

    /// The number of different keys that must have attested a promotion.
    let threshold: Int
    let statements: [Statement]

    /// The statements about the promotions of a release to upstream stages, for the stages whose promoters the policy
    /// names.
    ///
    /// - Parameters:
    ///   - requirements: the requirements of the stage that the release is to be promoted to.
    ///   - capsule: the release; nil when it could not be verified, so that there is no statement.
    ///   - now: the time in seconds since 1970.
    package static func all(
        _ requirements: EvidenceRequirements, of capsule: VerifiedCapsule?, now: Int64
    ) -> [String: AttestedPromotions] {
        let requirements = capsule.map { requirements.about($0.freight.image, witness: $0.witness) } ?? requirements
        var all: [String: AttestedPromotions] = [:]
        for requirement in requirements.attestations {
            guard case .promoted(let stage) = requirement.kind else { continue }
            all[stage] = AttestedPromotions(requirement, requirements, in: capsule?.evidence, now: now)
        }
        return all
    }

    /// True when enough keys have attested a promotion.
    var isAttested: Bool { Set(statements.map(\.key)).count >= threshold }

    /// The time at which enough keys had attested one of the commits that brought the release, or nil when they did not.
    ///
    /// - Parameter commits: the commits of the stage branch that brought the release, in a period without interruption.
    func start(of commits: [CommitID]) -> Int64? {
        time(statements.filter { $0.commit.map(commits.contains) == true }) { min($0, $1) }
    }

    /// The time of the newest attested promotion, or nil when too few keys attested one.
    var latest: Int64? { time(statements) { max($0, $1) } }

    /// The time at which `threshold` keys had attested, when `choose` selects one of the times of each key.
    private func time(_ statements: [Statement], _ choose: (Int64, Int64) -> Int64) -> Int64? {
        let times = Dictionary(statements.map { ($0.key, $0.time) }, uniquingKeysWith: choose).values.sorted()
        return times.count >= threshold ? times[threshold - 1] : nil
    }
}

extension AttestedPromotions {
    /// Collects the statements that meet a requirement.
    init(
        _ requirement: AttestationRequirement, _ requirements: EvidenceRequirements, in evidence: ReleaseEvidence?,
        now: Int64
    ) {
        threshold = requirement.threshold
        let found = evidence?.attestations(requirement, of: requirements, now: now) ?? []
        statements = found.compactMap { attestation in
            guard case .promoted(let statement) = attestation.content else { return nil }
            return Statement(
                key: attestation.key.fingerprint, commit: statement.gitops.stageCommit,
                time: min(statement.promotedAt, now))
        }
    }
}
