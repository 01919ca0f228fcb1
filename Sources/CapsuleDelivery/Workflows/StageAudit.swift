public import CapsuleCore
internal import CapsuleTrust
public import OCI

/// Renders what stage branches hold again, from their records alone, and compares byte for byte.
public struct StageAudit: Sendable {
    /// What an audit finds.
    public enum Finding: String, Sendable, Codable {
        /// The stage holds nothing.
        case empty
        /// The same inputs give the same bytes.
        case reproduced
        /// They give other bytes, or the inputs are not what they should be.
        case differs
        /// It could not be found out here, for the reason given.
        case unknown
    }

    /// What was found for one stage.
    public struct StageReport: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// What was found.
        public var finding: Finding
        /// The release that its record names.
        public var release: ReleaseIdentity?
        /// The commit that was looked at.
        public var commit: CommitID?
        /// Why it is not `reproduced`.
        public var reason: String?
        /// What differs, from what was rendered to what the branch holds.
        public var diff: ManifestDiff?
    }

    /// What was found.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = ReleaseManifest.currentSchema
        /// Whether every stage that holds something is reproduced.
        public var ok: Bool
        /// The stages.
        public var stages: [StageReport]
    }

    let opener: any ContentOpener
    let renderer: Renderer

    /// Takes what opens registries and what renders.
    public init(opener: any ContentOpener, renderer: Renderer) {
        self.opener = opener
        self.renderer = renderer
    }

    /// Audits stages; all of the ladder when none is named.
    ///
    /// - Parameters:
    ///   - image: where to look images up; nil for the repositories that the records name.
    ///   - place: where to look for capsules; nil for the places that the records name.
    /// - Throws: `CapsuleError.Code.notFound` for a stage that is not there, and what leaves every question open, such as
    ///   `OCIError.Code.unavailable`.
    public func audit(
        _ names: [String], in workspace: GitOpsWorkspace, image: Location?, capsules place: Place? = nil,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        for name in names { _ = try workspace.configuration.stage(name) }
        let promoter = Promoter(
            snapshot: workspace.snapshot, configuration: workspace.configuration, ancestry: nil,
            options: Promoter.Options(now: { 0 }))
        let states = try await promoter.states().filter { names.isEmpty || names.contains($0.stage) }
        let reports = try await concurrently(states, width: ReleaseRender.width) { state in
            progress("auditing \(state.stage)")
            var report = StageReport(
                stage: state.stage, finding: .empty, release: state.record?.release.identity, commit: state.head)
            guard state.head != nil else { return report }
            do {
                (report.finding, report.reason, report.diff) = try await compare(
                    state, try await promoter.files(state), in: workspace, image: image, capsules: place)
            } catch let error as VerificationRejection {
                (report.finding, report.reason) = (.differs, error.description)
            } catch let error as RenderRejection {
                (report.finding, report.reason) = (.differs, error.description)
            } catch let error as RenderError {
                (report.finding, report.reason) = (.unknown, error.message)
            } catch let error as CapsuleError {
                (report.finding, report.reason) = (.unknown, error.message)
            } catch let error as GitError where error.code == .notFound || error.code == .moved {
                (report.finding, report.reason) = (.unknown, error.message)
            } catch let error as OCIError where error.code == .notFound {
                (report.finding, report.reason) = (.unknown, error.message)
            }
            return report
        }
        return Report(ok: reports.allSatisfy { $0.finding == .reproduced || $0.finding == .empty }, stages: reports)
    }

    private func compare(
        _ state: StageState, _ files: [PackageFile], in workspace: GitOpsWorkspace, image: Location?,
        capsules place: Place?
    ) async throws -> (Finding, String?, ManifestDiff?) {
        guard let record = state.record else {
            return (.differs, state.problem ?? "\(state.branch) has no record", nil)
        }
        guard let render = record.render else {
            return (.unknown, "the record does not say how it was rendered", nil)
        }
        let held = FileListDigest.compute(files)
        guard held == render.digest else {
            return (.differs, "the files on \(state.branch) are \(held); the record names \(render.digest)", nil)
        }
        let capsule = record.release.capsule
        let (verified, _) = try await ReleaseVerification(opener: opener).verified(
            ReleaseVerification.Request(
                capsule: try capsule.location(in: place), image: image, imageRepository: record.release.image.repoURL,
                packageKind: capsule.packageKind))
        let then = try await recorded(render, workspace)
        guard
            let result = try await ReleaseRender(renderer: renderer)
                .render(verified, for: [render.deployment], in: then).first
        else { return (.unknown, "nothing was rendered", nil) }
        guard result.deployment.envType == render.envType, result.deployment.namespace == render.namespace else {
            return (.differs, "the policy at \(render.gitops.commit.short) names another envType or namespace", nil)
        }
        let rendered = try result.outcome.get()
        guard rendered.digest != render.digest else { return (.reproduced, nil, nil) }
        let diff = ManifestDiff.between(rendered.files, files)
        guard rendered.renderer == render.renderer else {
            return (
                .unknown,
                "it was rendered by \(render.renderer) and here by \(rendered.renderer); install the recorded version",
                diff
            )
        }
        return (.differs, "the recorded inputs give \(rendered.digest), not \(render.digest)", diff)
    }

    /// The repository as it was when the stage was rendered.
    private func recorded(_ render: ReleaseRecord.Render, _ workspace: GitOpsWorkspace) async throws -> GitOpsWorkspace
    {
        let commit = render.gitops.commit
        guard commit != workspace.snapshot.commit.id else { return workspace }
        let snapshot = try await workspace.snapshot.repository.snapshot(at: commit.description)
        // A configuration that was given goes on to hold; one that lives in the repository is that commit's own.
        guard workspace.configurationIsRecorded else {
            return GitOpsWorkspace(
                snapshot: snapshot, configuration: workspace.configuration, configurationIsRecorded: false)
        }
        return GitOpsWorkspace(
            snapshot: snapshot, configuration: try await snapshot.configuration(), configurationIsRecorded: true)
    }
}

extension StageAudit.Report {
    /// The report for a person.
    ///
    /// - Parameter color: whether differences are coloured.
    public func text(color: Bool = false) -> String {
        let width = stages.map(\.stage.count).max() ?? 0
        var out = ""
        for stage in stages {
            let mark =
                switch stage.finding {
                case .reproduced: "✓"
                case .empty, .unknown: "–"
                case .differs: "✗"
                }
            let name = stage.stage + String(repeating: " ", count: width - stage.stage.count)
            out += "\(mark) \(name)  \(stage.finding.rawValue)\(stage.release.map { "  \($0)" } ?? "")\n"
            let indent = String(repeating: " ", count: width + 4)
            for line in (stage.reason ?? "").split(separator: "\n") { out += "\(indent)\(line)\n" }
            for line in (stage.diff?.text(color: color) ?? "").split(separator: "\n") { out += "\(indent)\(line)\n" }
        }
        return out
    }
}
