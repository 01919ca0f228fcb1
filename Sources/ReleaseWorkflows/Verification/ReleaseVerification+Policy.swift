public import CapsuleTrust
public import DeliveryConfiguration
public import Documents
public import EvidencePolicies
public import OCI

extension ReleaseVerification.Request {
    /// The policy in force: the given one, else the one that the configuration of the GitOps repository names, read at
    /// the commit whose environment policy is used. Nil when there is none.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func policy(in workspace: GitOpsWorkspace) async throws -> EvidencePolicy? {
        guard let policy else { return try await workspace.evidencePolicy() }
        try policy.check(against: workspace.configuration.stages)
        return policy
    }

    /// The repository that all evidence must name.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` when no registry repository is named or read from.
    public func evidenceRepository(_ configuration: CapsuleConfiguration?) throws(DocumentError) -> Repository {
        if let repository { return repository }
        for case .registry(let repository)? in [configuration?.capsule, capsule.store] { return repository }
        throw DocumentError(
            .invalidDocument,
            "the policy requires evidence, but \(capsule.store) is not a registry repository; pass --repository with the "
                + "one that it was signed for")
    }

    /// Returns this request with the requirements of a stage's policy added.
    ///
    /// - Parameters:
    ///   - stage: the stage; nil, or a name that is not on the ladder, for the requirements of all stages.
    ///   - scope: the other subjects that statements must be about; nil without a GitOps repository.
    /// - Throws: `CapsuleError`
    public func requiringEvidence(
        _ policy: EvidencePolicy?, for stage: String?, _ configuration: CapsuleConfiguration?,
        scope: StatementScope? = nil, now: Int64
    ) throws(DocumentError) -> ReleaseVerification.Request {
        guard let policy else { return self }
        var request = self
        request.evidence = try policy.requirements(
            for: stage, repository: evidenceRepository(configuration), scope: scope, now: now
        ).adding(evidence)
        return request
    }
}

extension ReleaseVerification.Request {
    /// Returns this request with the requirements of the policy for a stage, or for any other deployment. Those of the
    /// policy at the head of the policy branch are added when the workspace is at another commit.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    public func requiringEvidence(
        for deployment: String, in workspace: GitOpsWorkspace, now: Int64
    ) async throws -> ReleaseVerification.Request {
        let scope = try workspace.statementScope()
        let request = try witnessed(by: workspace).requiringEvidence(
            try await policy(in: workspace), for: deployment, workspace.configuration, scope: scope, now: now)
        guard policy == nil, let head = try await workspace.later() else { return request }
        return try request.requiringEvidence(
            try await head.evidencePolicy(), for: deployment, head.configuration, scope: scope, now: now)
    }
}

extension ReleaseVerification.Request {
    /// Returns this request with the GitOps repository that has the witnesses of pairs, which is read at the commit of the
    /// workspace. A capsule needs none. A promotion reads them from the workspace that it runs in.
    public func witnessed(by workspace: GitOpsWorkspace) -> ReleaseVerification.Request {
        var request = self
        request.witness = workspace.witnesses
        return request
    }
}

extension EvidenceRequirements {
    /// Returns these requirements with further ones added.
    public func adding(_ other: EvidenceRequirements?) -> EvidenceRequirements {
        guard let other else { return self }
        let ages = [maximumAge, other.maximumAge].compactMap { $0 }
        return EvidenceRequirements(
            signatures: signatures + other.signatures, attestations: attestations + other.attestations,
            revokedReleases: revokedReleases.union(other.revokedReleases),
            revokedKeys: revokedKeys.union(other.revokedKeys), maximumAge: ages.min(),
            forms: forms.map { forms in other.forms.map(forms.intersection) ?? forms } ?? other.forms,
            binding: [binding, other.binding].contains(.name) ? .name : .digest, policy: policy ?? other.policy,
            scope: scope ?? other.scope)
    }
}
