public import CapsuleTrust
public import DeliveryConfiguration
public import Documents
public import EvidencePolicies
public import OCI

extension ReleaseVerification.Request {
    /// The policy in force: the one that was given, else the one that the GitOps repository's configuration names, read at
    /// the commit whose environment policy is used. Nil where there is none.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func policy(in workspace: GitOpsWorkspace) async throws -> EvidencePolicy? {
        guard let policy else { return try await workspace.evidencePolicy() }
        try policy.check(against: workspace.configuration.stages)
        return policy
    }

    /// The repository that all evidence must name.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` when nothing names one.
    public func evidenceRepository(_ configuration: CapsuleConfiguration?) throws(DocumentError) -> Repository {
        if let repository { return repository }
        for case .registry(let repository)? in [configuration?.capsule, capsule.place] { return repository }
        throw DocumentError(
            .invalidDocument,
            "the policy requires evidence, but \(capsule.place) is not a registry repository; pass --repository with the "
                + "one that it was signed for")
    }

    /// This request with the requirements of a stage's policy added to its own.
    ///
    /// - Parameter stage: nil, or a name that is not a stage of the ladder, for the requirements of every stage.
    /// - Throws: `CapsuleError`
    public func asking(
        _ policy: EvidencePolicy?, for stage: String?, _ configuration: CapsuleConfiguration?, now: Int64
    ) throws(DocumentError) -> ReleaseVerification.Request {
        guard let policy else { return self }
        var request = self
        request.evidence = try policy.requirements(
            for: stage, repository: evidenceRepository(configuration), now: now
        ).adding(evidence)
        return request
    }
}

extension ReleaseVerification.Request {
    /// This request with the requirements of the policy for a stage, or for any other deployment.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func asking(
        for deployment: String, in workspace: GitOpsWorkspace, now: Int64
    ) async throws -> ReleaseVerification.Request {
        try asking(
            try await policy(in: workspace), for: deployment, workspace.configuration, now: now)
    }
}

extension EvidenceRequirements {
    /// The requirements of both.
    public func adding(_ other: EvidenceRequirements?) -> EvidenceRequirements {
        guard let other else { return self }
        let ages = [maximumAge, other.maximumAge].compactMap { $0 }
        return EvidenceRequirements(
            signatures: signatures + other.signatures, attestations: attestations + other.attestations,
            revokedReleases: revokedReleases.union(other.revokedReleases),
            revokedKeys: revokedKeys.union(other.revokedKeys), maximumAge: ages.min(), policy: policy ?? other.policy)
    }
}
