internal import CapsuleCore
internal import CapsuleTrust
internal import OCI

/// Looks at the stages that hold one release: it is verified once, and each policy it was rendered with is read once.
struct StageExamination: Sendable {
    typealias Finding = StageAudit.Finding

    /// A question that is answered, or whose answer is no, or that this machine cannot answer.
    private enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        case no(Finding, String)
    }

    private let renderer: Renderer
    private let capsule: Answer<VerifiedCapsule>
    private let policies: [CommitID: Answer<GitOpsWorkspace>]

    /// Runs the chain for a release.
    ///
    /// - Parameter commits: the commits of environment policy that its stages were rendered with.
    init(
        of release: ReleaseRecord.Release?, rendered commits: [CommitID], by audit: StageAudit,
        in workspace: GitOpsWorkspace, image: Location?, place: Place?
    ) async throws {
        renderer = audit.renderer
        capsule = try await Self.answer {
            guard let release else { throw CapsuleError(.notFound, "there is no record of a release") }
            let request = ReleaseVerification.Request(
                capsule: try release.capsule.location(in: place), image: image,
                imageRepository: release.image.repoURL, packageKind: release.capsule.packageKind)
            return try await ReleaseVerification(opener: audit.opener).verified(request).0
        }
        var policies: [CommitID: Answer<GitOpsWorkspace>] = [:]
        for commit in Set(commits) {
            policies[commit] = try await Self.answer { try await Self.workspace(workspace, at: commit) }
        }
        self.policies = policies
    }

    /// Renders what a stage holds again and compares.
    func report(_ state: StageState, _ promoter: Promoter) async throws -> StageAudit.StageReport {
        var report = StageAudit.StageReport(
            stage: state.stage, finding: .empty, release: state.record?.release.identity, commit: state.head)
        guard state.head != nil else { return report }
        guard let record = state.record else {
            (report.finding, report.reason) = (.differs, state.problem ?? "\(state.branch) has no record")
            return report
        }
        guard let render = record.render else {
            (report.finding, report.reason) = (.unknown, "the record does not say how it was rendered")
            return report
        }
        if let odd = state.entries.first(where: { $0.kind != .file }) {
            (report.finding, report.reason) = (
                .differs, "\(quotedTitle(odd.path)) is no regular file, which no promotion writes"
            )
            return report
        }
        switch capsule {
        case .no(let finding, let reason): (report.finding, report.reason) = (finding, reason)
        case .value(let verified):
            switch try await self.render(verified, render) {
            case .no(let finding, let reason): (report.finding, report.reason) = (finding, reason)
            case .value(let rendered):
                let held = try await promoter.files(state)
                (report.finding, report.reason) = Self.compare(held, render, rendered, branch: state.branch)
                if report.finding != .reproduced {
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
        _ held: [PackageFile], _ render: ReleaseRecord.Render, _ rendered: RenderedManifests, branch: String
    ) -> (Finding, String?) {
        let digest = FileListDigest.compute(held)
        guard digest == render.digest else {
            return (.differs, "the files on \(branch) are \(digest); the record names \(render.digest)")
        }
        guard rendered.digest != render.digest else { return (.reproduced, nil) }
        guard rendered.renderer == render.renderer else {
            return (
                .unknown,
                "it was rendered by \(render.renderer) and here by \(rendered.renderer); install the recorded version"
            )
        }
        return (.differs, "the recorded inputs give \(rendered.digest), not \(render.digest)")
    }

    private func render(
        _ verified: VerifiedCapsule, _ render: ReleaseRecord.Render
    ) async throws -> Answer<RenderedManifests> {
        switch policies[render.gitops.commit] {
        case nil: return .no(.unknown, "the policy at \(render.gitops.commit) was not read")
        case .no(let finding, let reason): return .no(finding, reason)
        case .value(let policy):
            return try await Self.answer {
                let results = try await ReleaseRender(renderer: renderer)
                    .render(verified, for: [render.deployment], in: policy)
                guard let result = results.first else { throw CapsuleError(.notFound, "nothing was rendered") }
                guard result.deployment.envType == render.envType, result.deployment.namespace == render.namespace
                else {
                    throw OtherPolicy(
                        reason: "the policy at \(render.gitops.commit.short) names another envType or namespace")
                }
                return try result.outcome.get()
            }
        }
    }

    private struct OtherPolicy: Error { var reason: String }

    /// The repository as it was when a stage was rendered.
    private static func workspace(_ now: GitOpsWorkspace, at commit: CommitID) async throws -> GitOpsWorkspace {
        guard commit != now.snapshot.commit.id else { return now }
        let snapshot = try await now.snapshot.repository.snapshot(at: commit.description)
        // A configuration that was given goes on to hold; one that lives in the repository is that commit's own.
        let configuration = now.configurationIsRecorded ? try await snapshot.configuration() : now.configuration
        return GitOpsWorkspace(
            snapshot: snapshot, configuration: configuration, configurationIsRecorded: now.configurationIsRecorded)
    }

    /// Tells a no, and what cannot be found out for this stage, from what leaves every question open, which is thrown.
    private static func answer<Value: Sendable>(_ body: () async throws -> Value) async throws -> Answer<Value> {
        do {
            return .value(try await body())
        } catch let error as VerificationRejection {
            return .no(.differs, error.description)
        } catch let error as RenderRejection {
            return .no(.differs, error.description)
        } catch let error as OtherPolicy {
            return .no(.differs, error.reason)
        } catch let error as RenderError {
            return .no(.unknown, error.message)
        } catch let error as CapsuleError {
            return .no(.unknown, error.message)
        } catch let error as GitError where error.code == .notFound || error.code == .moved {
            return .no(.unknown, error.message)
        } catch let error as OCIError where error.code == .notFound {
            return .no(.unknown, error.message)
        }
    }
}
