public import CapsuleCore
public import CapsuleTrust
public import DeliveryConfiguration
public import EvidencePolicies
public import OCI
internal import Promotion
public import Rendering
public import Signing
internal import Support

/// Renders the releases on stage branches again, only from their records, and compares the results byte for byte.
public struct StageAudit: Sendable {
    /// The outcomes of an audit of one stage.
    public enum Outcome: String, Sendable, Codable {
        /// The stage branch has no release.
        case empty
        /// The recorded inputs render to the same bytes.
        case reproduced
        /// The recorded inputs render to other bytes, or are invalid.
        case differs
        /// The bytes are the same, but the evidence does not meet the requirements of the policy with which the stage
        /// was rendered.
        case unproven
        /// The audit could not decide, for the given reason.
        case unknown
    }

    /// The report for one stage.
    public struct StageReport: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// The outcome; `finding` in JSON.
        public var finding: Outcome
        /// The release that its record names.
        public var release: ReleaseIdentity?
        /// The audited commit.
        public var commit: CommitID?
        /// The reason for any other finding than `reproduced`.
        public var reason: String?
        /// The checks of the evidence, where the policy requires evidence.
        public var checks: [CheckResult]?
        /// The differences from the render to the branch.
        public var diff: ManifestDiff?

        /// The first object that differs and its first field, for a summary in one line.
        public var first: String? {
            guard let object = diff?.objects.first else { return nil }
            return object.title + (object.fields.first.map { ", \($0.path)" } ?? " is \(object.change.rawValue)")
        }
    }

    /// The report for all stages.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// True when every stage that holds a release is reproduced.
        public var ok: Bool
        /// The stages.
        public var stages: [StageReport]
    }

    /// The stages of an audit, and its policy.
    public struct Request: Sendable {
        /// The stages to audit; empty for all stages of the ladder.
        public var stages: [String]
        /// The commit of the stage branch to audit instead of its head, for an audit of one stage.
        public var commit: CommitID?
        /// The reference of images; nil for the repositories that the records name.
        public var image: ArtifactReference?
        /// The store of capsules; nil for the stores that the records name.
        public var capsules: StoreReference?
        /// The pinned policy; nil for the one that the GitOps repository held when a stage was rendered.
        public var policy: EvidencePolicy?
        /// The keys of which one must have attested each promotion; empty when no statement is required.
        public var promoters: [VerificationKey]
        /// The repository that evidence must name; nil for the one that the configuration names for capsules.
        public var repository: Repository?

        /// Creates a request.
        public init(
            stages: [String] = [], commit: CommitID? = nil, image: ArtifactReference? = nil,
            capsules: StoreReference? = nil,
            policy: EvidencePolicy? = nil, promoters: [VerificationKey] = [], repository: Repository? = nil
        ) {
            self.stages = stages
            self.commit = commit
            self.image = image
            self.capsules = capsules
            self.policy = policy
            self.promoters = promoters
            self.repository = repository
        }
    }

    let opener: any ContentOpener
    let renderer: Renderer

    /// Creates an audit. It runs the renderer for each stage: a cached render proves nothing about the inputs.
    public init(opener: any ContentOpener, renderer: Renderer) {
        self.opener = opener
        self.renderer = renderer.withoutCache()
    }

    /// Audits stages. Each release is verified once, however many stages hold it.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a stage that does not exist or a commit that its branch never held,
    ///   and the errors that leave the audit undetermined, such as `OCIError.Code.unavailable`.
    public func audit(
        _ request: Request, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        let names = request.stages
        for name in names { _ = try workspace.configuration.stage(name) }
        let branches = StageBranches(workspace)
        let states =
            if let commit = request.commit, let name = names.first {
                [try await branches.state(of: name, at: commit)]
            } else {
                try await branches.states(
                    of: workspace.configuration.stages.map(\.name).filter { names.isEmpty || names.contains($0) })
            }
        let policies = try await AuditPolicies(
            of: states.compactMap { $0.record?.render }, in: workspace, pinned: request.policy)
        let releases = Dictionary(grouping: states.indices, by: { states[$0].record?.release })
        // The number of parallel renders is the same for one release on all stages and for one release per stage.
        let width = max(1, ReleaseRender.width / max(1, releases.count))
        let audited = try await concurrently(Array(releases), width: ReleaseRender.width) { release, indices in
            if let release { progress("verifying \(release.identity)") }
            let examination = try await StageExamination(of: release, by: self, request, policies, in: workspace)
            let held = try await branches.files(indices.map { states[$0] })
            return try await concurrently(indices, width: width) { index in
                progress("auditing \(states[index].stage)")
                let files = held[states[index].stage] ?? []
                return (index, try await examination.report(states[index], files, in: branches))
            }
        }
        let reports = audited.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
        return Report(ok: reports.allSatisfy { $0.finding == .reproduced || $0.finding == .empty }, stages: reports)
    }
}
