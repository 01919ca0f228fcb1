internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import Documents
internal import GitOps
internal import OCI
internal import Promotion
internal import Rendering
internal import Support

/// The audit of the stages that hold one release, which is verified once.
struct StageExamination: Sendable {
    typealias Outcome = StageAudit.Outcome

    /// A value, or the finding to report when the value is wrong or cannot be read on this machine.
    enum Examined<Value: Sendable>: Sendable {
        case value(Value)
        case finding(Outcome, String)
    }

    private let renderer: Renderer
    let request: StageAudit.Request
    private let capsule: Examined<VerifiedCapsule>
    let policies: AuditPolicies

    /// Verifies the release.
    init(
        of release: ReleaseRecord.Release?, by audit: StageAudit, _ request: StageAudit.Request,
        _ policies: AuditPolicies, in workspace: GitOpsWorkspace
    ) async throws {
        renderer = audit.renderer
        self.request = request
        self.policies = policies
        capsule = try await Self.examined {
            guard let release else { throw CapsuleError(.notFound, "there is no record of a release") }
            var chain = ReleaseVerification.Request(
                capsule: try release.capsule.reference(in: request.capsules), image: request.image,
                imageRepository: release.image.repoURL, packageKind: release.capsule.packageKind,
                readsEvidence: policies.requireEvidence || !request.promoters.isEmpty)
            chain.recordedWitness = release.witness?.digest
            return try await ReleaseVerification(opener: audit.opener).verified(chain.witnessed(by: workspace)).0
        }
    }

    /// Renders the release of a stage again and compares the result with the files of the stage.
    func report(
        _ state: StageState, _ held: [PackageFile], in branches: StageBranches
    ) async throws -> StageAudit.StageReport {
        var report = StageAudit.StageReport(
            stage: state.stage, finding: .empty, release: state.record?.release.identity, commit: state.head)
        guard state.head != nil else { return report }
        // The commit without files that a first review is opened against: the stage has not received a release yet.
        if state.entries.isEmpty, state.commit?.parents.isEmpty == true { return report }
        guard let record = state.record else {
            (report.finding, report.reason) = (.differs, state.problem ?? "\(state.branch) has no record")
            return report
        }
        guard let render = record.render else {
            (report.finding, report.reason) = (.unknown, "the record does not say how it was rendered")
            return report
        }
        guard render.deployment == state.stage else {
            (report.finding, report.reason) = (
                .differs, "the record is about the deployment \(quotedTitle(render.deployment)), not \(state.stage)"
            )
            return report
        }
        if let odd = state.entries.first(where: { $0.kind != .file }) {
            (report.finding, report.reason) = (
                .differs, "\(quotedTitle(odd.path)) is not a regular file; promotions write regular files only"
            )
            return report
        }
        switch capsule {
        case .finding(let finding, let reason): (report.finding, report.reason) = (finding, reason)
        case .value(let verified):
            switch try await self.render(verified, render) {
            case .finding(let finding, let reason): (report.finding, report.reason) = (finding, reason)
            case .value(let (rendered, deployment)):
                (report.finding, report.reason) = Self.compare(
                    held, render, rendered, of: deployment, branch: state.branch)
                if report.finding == .reproduced {
                    var reason = documents(record, render, verified, state)
                    if reason == nil {
                        reason = try await branches.objectionToRollback(state, committed: verified.committed)
                    }
                    if let reason { (report.finding, report.reason) = (.differs, reason) }
                }
                let checks = try evidence(of: verified, on: state, render)
                report.checks = checks.isEmpty ? nil : checks
                if report.finding == .reproduced, let first = checks.first(where: { $0.status != .pass }) {
                    (report.finding, report.reason) = (
                        .unproven, "the bytes are as recorded; \(first.id) does not hold"
                    )
                } else if report.finding != .reproduced {
                    report.diff = ManifestDiff.between(rendered.files, held)
                    if let reason = report.reason, let first = report.first {
                        report.reason = "\(reason); first: \(first)"
                    }
                }
            }
        }
        return report
    }

    private static func compare(
        _ held: [PackageFile], _ render: ReleaseRecord.Render, _ rendered: RenderedManifests, of deployment: Deployment,
        branch: String
    ) -> (Outcome, String?) {
        let digest = FileListDigest.compute(held)
        guard digest == render.digest else {
            return (.differs, "the files on \(branch) are \(digest); the record names \(render.digest)")
        }
        guard rendered.digest != render.digest, !rendered.isReproduced(by: held, of: deployment) else {
            return (.reproduced, nil)
        }
        guard rendered.renderer == render.renderer else {
            return (
                .unknown,
                "it was rendered by \(quotedTitle("\(render.renderer)")) and here by \(rendered.renderer); install the recorded version"
            )
        }
        return (.differs, "the recorded inputs give \(rendered.digest), not \(render.digest)")
    }

    /// The difference between the documents on the branch and those that a promotion writes; nil when they are equal.
    private func documents(
        _ record: ReleaseRecord, _ render: ReleaseRecord.Render, _ verified: VerifiedCapsule, _ state: StageState
    ) -> String? {
        guard case .value(let policy)? = policies[render.gitops.commit] else { return nil }
        let configuration = policy.workspace.configuration
        var release = ReleaseRecord.Release(verified)
        guard release.image.repoURL == configuration.image, release.capsule.packageKind == configuration.package.kind
        else {
            return "it holds a \(release.capsule.packageKind.rawValue) package for \(release.image.repoURL); the "
                + "configuration is about a \(configuration.package.kind.rawValue) package for \(configuration.image)"
        }
        // The auditor may name another store for the capsule than the record.
        release.capsule.repoURL = record.release.capsule.repoURL
        // The witness has been the same at each commit of the policy branch.
        if let recorded = record.release.witness?.commit { release.witness?.commit = recorded }
        if let field = record.release.firstDifference(from: release) {
            return "release.\(field) in the record differs from the release"
        }
        let content = StageContent(
            release: record.release, render: render, files: [], committed: verified.committed,
            source: verified.release.source?.repository)
        guard let held = state.hydrator,
            !held.fits(content, policy: policy.workspace.snapshot.commit, configuration: configuration)
        else { return nil }
        return "\(HydratorMetadata.fileName) is not what the recorded inputs give"
    }

    private func render(
        _ verified: VerifiedCapsule, _ render: ReleaseRecord.Render
    ) async throws -> Examined<(RenderedManifests, Deployment)> {
        switch policies[render.gitops.commit] {
        case nil: return .finding(.unknown, "the policy at \(render.gitops.commit) was not read")
        case .finding(let finding, let reason): return .finding(finding, reason)
        case .value(let policy):
            return try await Self.examined {
                let deployment = try policy.environment.deployment(render.deployment)
                guard deployment.envType == render.envType, deployment.namespace == render.namespace else {
                    throw OtherPolicy(
                        reason: "the policy at \(render.gitops.commit.short) names another envType or namespace")
                }
                let rendered = try await ReleaseRender(renderer: renderer)
                    .render(verified, for: deployment, policy.environment, in: policy.workspace).outcome.get()
                return (rendered, deployment)
            }
        }
    }

    /// The error for a record that names a policy that is not in force or has other content.
    struct OtherPolicy: Error { var reason: String }

    /// True when a failure is about one stage only: something that it names does not exist.
    private static func isAboutStage(_ code: GitError.Code) -> Bool {
        switch code {
        case .notFound, .moved: true
        default: false
        }
    }

    /// Runs `body`. A rejection, and a failure that is about one stage only, become findings; failures that affect
    /// every stage are rethrown.
    static func examined<Value: Sendable>(_ body: () async throws -> Value) async throws -> Examined<Value> {
        do {
            return .value(try await body())
        } catch let error as VerificationRejection {
            return .finding(.differs, error.description)
        } catch let error as RenderRejection {
            // The record shows that a renderer accepted the package: here another version of it refuses.
            return .finding(error.isByRenderer ? .unknown : .differs, error.description)
        } catch let error as OtherPolicy {
            return .finding(.differs, error.reason)
        } catch let error as any Failure
            where error is CapsuleError || error is DocumentError || error is RenderError
        {
            return .finding(.unknown, error.message)
        } catch let error as GitError where isAboutStage(error.code) {
            return .finding(.unknown, error.message)
        } catch let error as OCIError where error.code == .notFound {
            return .finding(.unknown, error.message)
        }
    }
}
