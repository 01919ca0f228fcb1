internal import CapsuleCore
internal import CapsuleDelivery
internal import CapsuleTrust
internal import OCI
internal import Signing

/// Runs what needs the GitOps repository: preparing a stage, and promoting to it.
struct DeliveryService: Sendable {
    private let opener: any ContentOpener
    private let renderer: Renderer
    private let statements: (key: SigningKey, opener: any ContentOpener)?
    private let git: Git
    private let cacheDirectory: String
    private let policy: EvidencePolicy?
    private let now: @Sendable () -> Int64
    let limiter: ConcurrencyLimiter
    /// Looking a commit up is quick, and does not wait behind renders and pushes.
    private let lookups: ConcurrencyLimiter

    /// - Parameters:
    ///   - opener: reads releases.
    ///   - statements: signs statements about promotions, and opens the registries that they are written to; nil leaves none.
    init(
        opener: any ContentOpener, renderer: Renderer, git: Git, cacheDirectory: String, limits: ServiceLimits,
        policy: EvidencePolicy? = nil, statements: (key: SigningKey, opener: any ContentOpener)? = nil,
        now: @escaping @Sendable () -> Int64
    ) {
        self.opener = opener
        self.renderer = renderer
        self.statements = statements
        self.git = git
        self.cacheDirectory = cacheDirectory
        self.policy = policy
        self.now = now
        limiter = ConcurrencyLimiter(width: limits.deliveries, queue: limits.queue)
        lookups = ConcurrencyLimiter(width: limits.deliveries, queue: limits.queue)
    }

    /// Verifies a release, renders it for a stage with the policy of a commit, and asks the gates.
    ///
    /// - Parameters:
    ///   - byKargo: whether Kargo renders, too, from the overlay that the policy's commit has.
    ///   - mayAttest: whether who asks may have it attested afterwards.
    /// - Throws: `VerificationRejection`, and what the libraries throw.
    func prepare(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback, remote: GitRemote,
        commit: CommitID, byKargo: Bool, mayAttest: Bool
    ) async throws -> (VerificationReport, StagePreparation) {
        try await limiter.run {
            try await with(remote, commit.description) { workspace in
                let request = try await request(verification, stage: stage, rollback: rollback, in: workspace)
                let prepared = try await ReleasePreparation(
                    opener: opener, renderer: renderer, ancestry: nil, now: now
                ).run(request, in: workspace)
                guard var document = try prepared.documents().first else {
                    throw ServiceError(500, "nothing was prepared for stage \(stage)")
                }
                if byKargo, let deployment = try prepared.deployment(stage) {
                    document.refuse(try await KargoOverlay.findings(deployment, in: workspace))
                    if workspace.configuration.kargo?.verifier.statements == true {
                        document.refuse(unattested(stage, mayAttest: mayAttest))
                    }
                }
                return (prepared.report, document)
            }
        }
    }

    /// Promotes a release to a stage with the policy of a commit.
    ///
    /// - Throws: `VerificationRejection`, and what the libraries throw.
    func promote(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback, remote: GitRemote,
        commit: CommitID
    ) async throws -> ReleasePromotion.StageReport {
        try await with(remote, commit.description) { workspace in
            let request = try await request(verification, stage: stage, rollback: rollback, in: workspace)
            let promotion = ReleasePromotion(
                opener: opener, renderer: renderer, notary: notary(verification), ancestry: nil, now: now)
            guard let report = try await promotion.run(request, in: workspace).stages.first else {
                throw ServiceError(500, "nothing was promoted to stage \(stage)")
            }
            return report
        }
    }

    /// States that a stage holds a release, where it does by the policy of a commit.
    ///
    /// - Throws: `VerificationRejection`, and what the libraries throw.
    func attest(
        _ verification: ReleaseVerification.Request, stage: String, remote: GitRemote, commit: CommitID
    ) async throws -> StageAttestation.Outcome {
        guard let notary = notary(verification) else {
            throw ServiceError(422, Self.keyless)
        }
        return try await limiter.run {
            try await with(remote, commit.description) { workspace in
                let request = try await request(verification, stage: stage, rollback: .held, in: workspace)
                return try await StageAttestation(opener: opener, renderer: renderer, notary: notary, now: now)
                    .run(request.verification, stage: stage, in: workspace)
            }
        }
    }

    /// What would stop Kargo after its push, said before it.
    private func unattested(_ stage: String, mayAttest: Bool) -> [Finding] {
        func finding(_ message: String, _ remedy: String) -> [Finding] {
            [Finding(rule: "kargo.statements", message: message, remedy: remedy)]
        }
        if statements == nil {
            return finding(Self.keyless, "or take `kargo.verifier.statements` out of \(CapsuleConfiguration.fileName)")
        }
        return mayAttest
            ? []
            : finding(
                "the token does not have the role attest:\(stage)",
                "give it that role, or attest, in the file of tokens")
    }

    private static let keyless = "this service leaves no statements; start it with --attest-key"

    /// What leaves statements beside the capsule, which name its repository; nil without a key.
    private func notary(_ verification: ReleaseVerification.Request) -> PromotionNotary? {
        guard let statements, case .registry(let repository) = verification.capsule.place else { return nil }
        return PromotionNotary(key: statements.key, repository: repository, opener: statements.opener)
    }

    /// The commit whose policy counts now.
    func policy(of remote: GitRemote) async throws -> CommitID {
        try await lookups.run { try await with(remote, nil) { $0.snapshot.commit.id } }
    }

    private func with<Result: Sendable>(
        _ remote: GitRemote, _ revision: String?, _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        try await GitOpsWorkspace.with(
            remote, revision: revision, configuration: nil, git: git, cacheDirectory: cacheDirectory
        ) { workspace in
            // A request may name a commit, not what holds there.
            guard try await workspace.isOnPolicyBranch() else {
                throw ServiceError(
                    422,
                    "commit \(workspace.snapshot.commit.id) is not on the branch of \(remote) that policy is on, so what it says "
                        + "does not hold; name a commit that is")
            }
            return try await body(workspace)
        }
    }

    /// The release must be of the application that the policy is about.
    private func request(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback,
        in workspace: GitOpsWorkspace
    ) async throws -> ReleasePromotion.Request {
        let configuration = workspace.configuration
        let named = verification.imageRepository.map { "\($0)" } ?? ""
        guard named == configuration.image.description else {
            throw ServiceError(
                422,
                "the request is about the image \(named), and the policy's capsule.yaml about \(configuration.image)")
        }
        guard verification.capsule.place == configuration.capsule else {
            throw ServiceError(
                422,
                "the request names a capsule in \(verification.capsule.place), and the policy's capsule.yaml says that they "
                    + "are in \(configuration.capsule)")
        }
        var verification = verification
        verification.packageKind = configuration.package.kind
        verification.policy = policy
        // Who may name an earlier commit must not choose among the policies that have held.
        if policy == nil, let later = try await workspace.laterEvidencePolicy() {
            verification = try verification.asking(later, for: stage, configuration, now: now())
        }
        return ReleasePromotion.Request(verification: verification, stages: [stage], rollback: rollback)
    }
}
