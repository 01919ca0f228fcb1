internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import GitOps
internal import HTTPServer
internal import OCI
internal import Promotion
internal import ReleaseWorkflows
internal import Rendering
internal import Signing
internal import Support

/// Prepares promotions, promotes releases and attests stages: all work that reads or writes the GitOps repository.
struct DeliveryService: Sendable {
    private let opener: any ContentOpener
    private let renderer: Renderer
    private let statements: any ContentOpener
    private let git: Git
    private let cacheDirectory: String
    private let settings: SettingsStore
    private let now: @Sendable () -> Int64
    /// Renders and statements, for which callers wait.
    let limiter: ConcurrencyLimiter
    /// Promotions, which were accepted earlier and always wait.
    let promotions: ConcurrencyLimiter
    /// Look-ups of commits are fast and do not wait for renders and pushes.
    let lookups: ConcurrencyLimiter

    /// - Parameters:
    ///   - opener: reads releases.
    ///   - statements: opens the registries that statements about promotions are written to.
    init(
        opener: any ContentOpener, renderer: Renderer, git: Git, cacheDirectory: String, limits: ServiceLimits,
        settings: SettingsStore, statements: any ContentOpener, clock: ServiceClock,
        now: @escaping @Sendable () -> Int64
    ) {
        self.opener = opener
        self.renderer = renderer
        self.statements = statements
        self.git = git
        self.cacheDirectory = cacheDirectory
        self.settings = settings
        self.now = now
        limiter = ConcurrencyLimiter(width: limits.deliveries, queue: limits.queue, clock: clock)
        promotions = ConcurrencyLimiter(width: limits.runningPromotions, queue: nil, clock: clock)
        lookups = ConcurrencyLimiter(width: limits.deliveries, queue: limits.queue, clock: clock)
    }

    /// Verifies a release, with the witness of a pair at a commit; nil for the head of the policy branch.
    ///
    /// - Throws: the errors of the libraries.
    func verify(
        _ verification: ReleaseVerification.Request, remote: GitRemote, commit: CommitID?
    ) async throws -> VerificationReport {
        try await lookups.run(on: hosts(remote, verification)) {
            try await with(remote, commit?.description) { workspace in
                try check(verification, workspace.configuration)
                return try await ReleaseVerification(opener: opener).verdict(verification.witnessed(by: workspace))
                    .report
            }
        }
    }

    /// Verifies a release, renders it for a stage with the policy of a commit, and evaluates the gates.
    ///
    /// - Parameters:
    ///   - byKargo: true when Kargo renders as well, from the overlay in the policy commit.
    ///   - mayAttest: true when the caller may attest the stage afterwards.
    /// - Throws: `VerificationRejection`, and the errors of the libraries.
    func prepare(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback, remote: GitRemote,
        commit: CommitID, byKargo: Bool, mayAttest: Bool
    ) async throws -> (VerificationReport, StagePreparation) {
        try await limiter.run(on: hosts(remote, verification)) {
            try await with(remote, commit.description) { workspace in
                let request = try request(verification, stage: stage, rollback: rollback, in: workspace)
                var prepared = try await ReleasePreparation(
                    opener: opener, renderer: renderer, ancestry: nil, now: now
                ).run(request, in: workspace)
                // The pull request that Kargo opens names the objects that change.
                if byKargo, try workspace.configuration.stage(stage).review != .none { try await prepared.compare() }
                guard var document = try prepared.documents().first else {
                    throw ServiceError(500, "nothing was prepared for stage \(stage)")
                }
                if byKargo, let deployment = try prepared.deployment(stage) {
                    document.reject(try await KargoOverlay.findings(deployment, in: workspace))
                    if workspace.configuration.kargo?.verifier.statements == true {
                        document.reject(unattested(stage, mayAttest: mayAttest))
                    }
                }
                return (prepared.report, document)
            }
        }
    }

    /// Promotes a release to a stage with the policy of a commit.
    ///
    /// - Parameter acceptedAt: for a promotion from before a restart, the time of its request. What the stage has received since
    ///   is not replaced.
    /// - Throws: `VerificationRejection`, and the errors of the libraries.
    func promote(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback, remote: GitRemote,
        commit: CommitID, acceptedAt: Int64? = nil
    ) async throws -> ReleasePromotion.StageReport {
        try await with(remote, commit.description) { workspace in
            if let acceptedAt {
                try await refuse(verification, replacingOn: stage, since: acceptedAt, in: workspace)
            }
            let request = try request(verification, stage: stage, rollback: rollback, in: workspace)
            let promotion = ReleasePromotion(
                opener: opener, renderer: renderer, attester: attester(verification), ancestry: nil, now: now)
            guard let report = try await promotion.run(request, in: workspace).stages.first else {
                throw ServiceError(500, "nothing was promoted to stage \(stage)")
            }
            return report
        }
    }

    /// Refuses a promotion from before a restart when the stage has received another release since: a promotion that may go
    /// back would replace it.
    private func refuse(
        _ verification: ReleaseVerification.Request, replacingOn stage: String, since acceptedAt: Int64,
        in workspace: GitOpsWorkspace
    ) async throws {
        guard let state = try await StageBranches(workspace).states(of: [stage]).first, let commit = state.commit,
            commit.committed > acceptedAt, let record = state.record,
            record.release.capsule.digest != verification.capsule.digest
        else { return }
        throw ServiceError(
            422,
            "stage \(stage) received \(record.release.identity) at \(CapsuleFormat.timestamp(commit.committed)), after this "
                + "promotion was accepted and before it could be carried out; request it again if the stage is to change"
        )
    }

    /// Attaches a statement that a stage holds a release, if it does according to the policy of a commit.
    ///
    /// - Throws: `VerificationRejection`, and the errors of the libraries.
    func attest(
        _ verification: ReleaseVerification.Request, stage: String, remote: GitRemote, commit: CommitID
    ) async throws -> StageAttestation.Outcome {
        guard let attester = attester(verification) else {
            throw ServiceError(422, Self.keyless)
        }
        return try await limiter.run(on: hosts(remote, verification)) {
            try await with(remote, commit.description) { workspace in
                let request = try request(verification, stage: stage, rollback: .held, in: workspace)
                return try await StageAttestation(opener: opener, renderer: renderer, attester: attester, now: now)
                    .run(request.verification, stage: stage, in: workspace)
            }
        }
    }

    /// Removes finished review branches of a remote.
    func pruneReviews(of remote: GitRemote) async throws -> ReviewPruning.Report {
        try await limiter.run(on: [remote.host]) {
            try await with(remote, nil) { try await ReviewPruning(now: now).run(.init(), in: $0) }
        }
    }

    /// The findings that would make Kargo's attestation fail after its push, so that they are reported before the
    /// push.
    private func unattested(_ stage: String, mayAttest: Bool) -> [Finding] {
        func finding(_ message: String, _ remedy: String) -> [Finding] {
            [Finding(rule: "kargo.statements", message: message, remedy: remedy)]
        }
        if settings.current.attestKey == nil {
            return finding(Self.keyless, "or remove `kargo.verifier.statements` from \(CapsuleConfiguration.fileName)")
        }
        return mayAttest
            ? []
            : finding(
                "the token does not have the role attest:\(stage)",
                "give it that role, or the role attest, in the file of tokens")
    }

    private static let keyless = "this service does not write statements; start it with --attest-key"

    /// Creates the attester of promotions, whose statements name the repository of the capsule; nil without a key.
    private func attester(_ verification: ReleaseVerification.Request) -> PromotionAttester? {
        guard let key = settings.current.attestKey, case .registry(let repository) = verification.capsule.store else {
            return nil
        }
        return PromotionAttester(key: key, repository: repository, opener: statements)
    }

    /// The head of the policy branch.
    func policy(of remote: GitRemote) async throws -> CommitID {
        try await lookups.run(on: [remote.host]) { try await with(remote, nil) { $0.snapshot.commit.id } }
    }

    /// The hosts that a delivery waits for.
    private func hosts(_ remote: GitRemote, _ verification: ReleaseVerification.Request) -> Set<String> {
        verification.hosts.union([remote.host])
    }

    private func with<Result: Sendable>(
        _ remote: GitRemote, _ revision: String?, _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        // Where that is impossible, the delivery itself fails and says what it cannot write.
        try? WorkDirectory.remake(WorkDirectory.temporary)
        return try await GitOpsWorkspace.with(
            remote, revision: revision, configuration: nil, git: git, cacheDirectory: cacheDirectory
        ) { workspace in
            // A request may name an earlier policy, whose rules then hold in addition to those of the head, but not a commit
            // that was never on the policy branch.
            guard try await workspace.isOnPolicyBranch() else {
                throw ServiceError(
                    422,
                    "commit \(workspace.snapshot.commit.id) is not on the policy branch of \(remote), so its policy is not in "
                        + "force; name a commit of that branch")
            }
            return try await body(workspace)
        }
    }

    /// Checks that a release belongs to the application of the policy.
    private func check(
        _ verification: ReleaseVerification.Request, _ configuration: CapsuleConfiguration
    ) throws {
        let named = verification.imageRepository.map { "\($0)" } ?? ""
        guard named == configuration.image.description else {
            throw ServiceError(
                422,
                "the request names the image \(named), and capsule.yaml of the policy names \(configuration.image)")
        }
        guard verification.capsule.store == configuration.capsule else {
            throw ServiceError(
                422,
                "the request names a capsule in \(verification.capsule.store), and capsule.yaml of the policy names "
                    + "\(configuration.capsule)")
        }
    }

    /// The promotion of a release, which must belong to the application of the policy.
    private func request(
        _ verification: ReleaseVerification.Request, stage: String, rollback: Rollback,
        in workspace: GitOpsWorkspace
    ) throws -> ReleasePromotion.Request {
        try check(verification, workspace.configuration)
        var verification = verification
        verification.packageKind = workspace.configuration.package.kind
        verification.policy = settings.current.policy
        return ReleasePromotion.Request(verification: verification, stages: [stage], rollback: rollback)
    }
}
