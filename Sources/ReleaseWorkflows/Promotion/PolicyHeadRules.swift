internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import GitOps
internal import OCI
internal import Promotion
internal import Rendering
internal import Support

/// The rules at the head of the policy branch, for work with the policy of another commit. They hold in addition, so that
/// a caller who names a commit cannot choose among rules.
struct PolicyHeadRules: Sendable {
    private let head: GitOpsWorkspace
    private let named: GitOpsWorkspace

    /// Reads the head; nil when the workspace is at the head.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    init?(_ workspace: GitOpsWorkspace) async throws {
        guard let head = try await workspace.later() else { return nil }
        self.head = head
        named = workspace
    }

    /// The keys that the evidence policy at the head revokes.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    func revokedKeys() async throws -> Set<Digest> { try await head.evidencePolicy()?.revokedKeys ?? [] }

    /// The limits of proofs that the named commit sets wider than the head, for a deployment.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a deployment that the head does not have; `GitError`
    func widerLimits(_ deployment: Deployment) async throws -> [Finding] {
        let name = deployment.name
        let (now, then) = (head.renderOptions(name), named.renderOptions(name))
        let policy = try await head.snapshot.environmentPolicy(
            root: head.configuration.gitops.root, deployments: [name])
        let current = try policy.deployment(name)
        let namespace = current.namespace
        var wider: [String] = []
        func add(_ key: String, _ values: [String]) {
            if !values.isEmpty { wider.append("\(key) has \(values.sorted().joined(separator: ", "))") }
        }
        if namespace != deployment.namespace { wider.append("the namespace is \(deployment.namespace)") }
        if then.allowClusterScoped, !now.allowClusterScoped { wider.append("allowClusterScoped is true") }
        if !now.allowClusterScoped {
            add("clusterScoped", then.clusterScopedKinds.subtracting(now.clusterScopedKinds).map(\.description))
            add("namespaced", then.namespacedKinds.subtracting(now.namespacedKinds).map(\.description))
        }
        add("allowNamespaces", Array(then.allowedNamespaces.subtracting(now.allowedNamespaces.union([namespace]))))
        let random = Set(deployment.allowRandom ?? []).subtracting(current.allowRandom ?? [])
        add("allowRandom", random.map(\.description))
        return wider.map { limit in
            Finding(
                rule: "policy.head",
                message: "\(limit) for \(name) at \(named.snapshot.commit.id.short), and not at "
                    + "\(head.snapshot.commit.id.short), the head of the policy branch", remedy: remedy)
        }
    }

    /// The gates of a stage at the head that are closed, as gates of a promotion.
    ///
    /// - Parameters:
    ///   - request: the verification; a policy that it pins replaces the one that the head names.
    ///   - checksEvidence: true to evaluate the evidence gates as well.
    ///   - now: the time in seconds since 1970.
    /// - Throws: `GitError`, `CapsuleError`, `DocumentError`
    func closedGates(
        for promotion: StagePromotion, of capsule: VerifiedCapsule, _ request: ReleaseVerification.Request,
        ancestry: CommitAncestry?, checksEvidence: Bool = true, now: Int64
    ) async throws -> [GateResult] {
        guard let stage = head.configuration.stages.first(where: { $0.name == promotion.stage.name }) else {
            return [closed("stage", "has no stage \(promotion.stage.name)")]
        }
        var gates = try differences(stage, from: promotion.stage)
        var requirements = promotion.requirements
        if request.policy == nil {
            requirements = try await head.evidencePolicy()?.requirements(
                for: stage.name, repository: request.evidenceRepository(head.configuration),
                scope: head.statementScope(), now: now)
            if checksEvidence, let requirements {
                gates += StageEvidence(requirements, stage: stage.name, of: capsule, now: now).gates
            }
        }
        gates += try await PromotionGates(branches: StageBranches(head), ancestry: ancestry, now: now).results(
            for: promotion.release, to: stage, committed: promotion.committed, rollback: promotion.rollback,
            attested: requirements.map { AttestedPromotions.all($0, of: capsule, now: now) } ?? [:])
        return gates.filter { !$0.ok }.map { gate in
            guard gate.gate != .policy else { return gate }
            var gate = gate
            gate.reason = "by policy \(head.snapshot.commit.id.short): \(gate.reason)"
            return gate
        }
    }

    /// The settings that decide where a promotion is written and what it is about. They must be those of the head.
    private func differences(_ stage: Stage, from other: Stage) throws -> [GateResult] {
        let (now, then) = (head.configuration, named.configuration)
        var gates: [GateResult] = []
        if stage.review != .none, other.review == .none {
            gates.append(closed("review", "requires a review on \(stage.name)"))
        }
        if now.image != then.image { gates.append(closed("image", "names the image \(now.image)")) }
        if now.capsule != then.capsule { gates.append(closed("capsule", "names capsules in \(now.capsule)")) }
        if now.package.kind != then.package.kind {
            gates.append(closed("package.kind", "names a \(now.package.kind.rawValue) package"))
        }
        if now.gitops.root != then.gitops.root { gates.append(closed("gitops.root", "names another gitops.root")) }
        if try now.stageBranch(stage.name) != then.stageBranch(stage.name) {
            gates.append(closed("gitops.stageBranch", "names the branch \(try now.stageBranch(stage.name))"))
        }
        return gates
    }

    private func closed(_ subject: String, _ message: String) -> GateResult {
        GateResult(
            .policy, subject: subject, ok: false,
            reason: "\(CapsuleConfiguration.fileName) at \(head.snapshot.commit.id.short), the head of the policy "
                + "branch, \(message), and at \(named.snapshot.commit.id.short) it does not", remedy: remedy)
    }

    private var remedy: String {
        "use the head of the policy branch: name the commit \(head.snapshot.commit.id.short), or none"
    }
}
