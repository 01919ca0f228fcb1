public import CapsuleTrust
public import DeliveryConfiguration
public import Documents
public import EvidencePolicies
public import OCI

extension ReleaseVerification.Request {
    /// The policy that holds: the one that was given, else the one that the GitOps repository's configuration names, read at
    /// the commit whose environment policy is used. Nil where there is none.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func policy(in workspace: GitOpsWorkspace) async throws -> EvidencePolicy? {
        guard let policy else { return try await workspace.evidencePolicy() }
        try policy.check(against: workspace.configuration.stages)
        return policy
    }

    /// The repository that all evidence must have been made for.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` when nothing names one.
    public func evidenceRepository(_ configuration: CapsuleConfiguration?) throws(DocumentError) -> Repository {
        if let repository { return repository }
        for case .registry(let repository)? in [configuration?.capsule, capsule.place] { return repository }
        throw DocumentError(
            .invalidDocument,
            "a policy asks for evidence, and \(capsule.place) is no repository that it could have been made for; say "
                + "which one with --repository")
    }

    /// This request, with all that a stage's policy asks for on top of what it asks already.
    ///
    /// - Parameter stage: nil, or the name of what is no stage of the ladder, for what every stage asks.
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
    /// This request, with all that the policy of a stage, or of any other deployment, asks for.
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
    /// Both: neither takes anything away from the other.
    public func adding(_ other: EvidenceRequirements?) -> EvidenceRequirements {
        guard let other else { return self }
        let ages = [maximumAge, other.maximumAge].compactMap { $0 }
        return EvidenceRequirements(
            signatures: signatures + other.signatures, attestations: attestations + other.attestations,
            revokedReleases: revokedReleases.union(other.revokedReleases),
            revokedKeys: revokedKeys.union(other.revokedKeys), maximumAge: ages.min(), policy: policy ?? other.policy)
    }
}
