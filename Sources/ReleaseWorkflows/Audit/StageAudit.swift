public import CapsuleCore
public import CapsuleTrust
public import DeliveryConfiguration
public import EvidencePolicies
public import OCI
internal import Promotion
public import Rendering
public import Signing
internal import Support

/// Renders the releases on stage branches again, from their records alone, and compares byte for byte.
public struct StageAudit: Sendable {
    /// The findings.
    public enum Finding: String, Sendable, Codable {
        /// The stage holds nothing.
        case empty
        /// The same inputs give the same bytes.
        case reproduced
        /// They give other bytes, or the inputs are wrong.
        case differs
        /// The bytes are right; the evidence does not meet the requirements that the policy had then.
        case unproven
        /// It could not be determined here, for the given reason.
        case unknown
    }

    /// The report for one stage.
    public struct StageReport: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// The finding.
        public var finding: Finding
        /// The release that its record names.
        public var release: ReleaseIdentity?
        /// The audited commit.
        public var commit: CommitID?
        /// Why it is not `reproduced`.
        public var reason: String?
        /// The checks of the evidence, where some is required.
        public var checks: [CheckResult]?
        /// The differences from the render to the branch.
        public var diff: ManifestDiff?

        /// The first object that differs and its first field, to say in one line.
        public var first: String? {
            guard let object = diff?.objects.first else { return nil }
            return object.title + (object.fields.first.map { ", \($0.path)" } ?? " is \(object.change.rawValue)")
        }
    }

    /// The report for all stages.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = ReleaseManifest.currentSchema
        /// True when every stage that holds something is reproduced.
        public var ok: Bool
        /// The stages.
        public var stages: [StageReport]
    }

    /// The stages of an audit, and its policy.
    public struct Request: Sendable {
        /// The stages; all of the ladder when none is named.
        public var stages: [String]
        /// A commit of the one stage's branch, to audit instead of its head.
        public var commit: CommitID?
        /// The location of images; nil for the repositories that the records name.
        public var image: Location?
        /// The place of capsules; nil for the places that the records name.
        public var capsules: Place?
        /// A policy that was pinned; nil for the one that the GitOps repository held when a stage was rendered.
        public var policy: EvidencePolicy?
        /// The keys of which one must have attested each promotion; empty requires no statement.
        public var promoters: [VerificationKey]
        /// The repository that evidence must name; nil for the one that the configuration names for capsules.
        public var repository: Repository?

        /// A request for an audit.
        public init(
            stages: [String] = [], commit: CommitID? = nil, image: Location? = nil, capsules: Place? = nil,
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

    /// Takes what opens registries and what renders.
    public init(opener: any ContentOpener, renderer: Renderer) {
        self.opener = opener
        self.renderer = renderer
    }

    /// Audits stages. Each release is verified once, however many stages hold it.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a stage that is not there or a commit that its branch never held, and what
    ///   leaves the audit undetermined, such as `OCIError.Code.unavailable`.
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
        // The same number of parallel renders, whether all stages hold one release or each has its own.
        let width = max(1, ReleaseRender.width / max(1, releases.count))
        let audited = try await concurrently(Array(releases), width: ReleaseRender.width) { release, indices in
            if let release { progress("verifying \(release.identity)") }
            let examination = try await StageExamination(of: release, by: self, request, policies)
            let held = try await branches.files(indices.map { states[$0] })
            return try await concurrently(indices, width: width) { index in
                progress("auditing \(states[index].stage)")
                return (index, try await examination.report(states[index], held[states[index].stage] ?? []))
            }
        }
        let reports = audited.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
        return Report(ok: reports.allSatisfy { $0.finding == .reproduced || $0.finding == .empty }, stages: reports)
    }
}
