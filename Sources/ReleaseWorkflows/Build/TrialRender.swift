public import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion
public import Rendering
public import Support

/// Renders a capsule that is built and not published yet, so that what only a renderer finds is found before the release is
/// immutable.
///
/// The capsule is verified in memory by the same chain as every other one, and must pass the proofs of a promotion.
public struct TrialRender: Sendable {
    /// The renders of a trial, or the reason why there is none.
    public struct Report: Codable, Sendable {
        /// The render for one deployment.
        public struct Render: Codable, Sendable {
            /// The deployment.
            public var deployment: Deployment
            /// The number of rendered objects.
            public var objects: Int
        }

        /// The renders, in the order of the stages.
        public var renders: [Render] = []
        /// The renderer; nil when nothing was rendered.
        public var renderer: RendererIdentity?
        /// The environment policy; nil for a render without one.
        public var gitops: ReleaseRecord.GitOps?
        /// The stages that were left out: those without a deployment, and those above ``TrialRender/maximumRenders``.
        public var leftOut: [String] = []
        /// The reason why nothing was rendered.
        public var skipped: String?

        /// Creates a report that nothing was rendered.
        public init(skipped: String) { self.skipped = skipped }

        init(_ renders: [Render], by renderer: RendererIdentity?) {
            self.renders = renders
            self.renderer = renderer
        }
    }

    /// The maximum number of deployments of a trial. A fleet has few environment types and many deployments, and a build
    /// must not take minutes; the deployments of further environment types come first.
    public static let maximumRenders = 24

    private let renderer: Renderer
    private let verifier: Verifier

    /// Creates a trial.
    public init(renderer: Renderer, opener: any ContentOpener) {
        self.renderer = renderer
        verifier = Verifier(opener: opener)
    }

    /// Renders for the deployments of the stages; without stages, for all deployments.
    ///
    /// - Parameter store: the store that the capsule will be published to.
    /// - Throws: `TrialRejection`; `RenderError` when no renderer can run; `GitError`, `CapsuleError` and `DocumentError` for
    ///   environment policy that cannot be read.
    public func render(_ built: BuiltCapsule, for store: StoreReference, in workspace: GitOpsWorkspace) async throws
        -> Report
    {
        let configuration = workspace.configuration
        let stages = configuration.stages.map(\.name)
        let root = configuration.gitops.root
        let snapshot = workspace.snapshot
        let names =
            stages.isEmpty
            ? try await snapshot.environmentPolicy(root: root, deployments: []).deployments : stages
        let policy = try await snapshot.environmentPolicy(root: root, deployments: names)
        let all = try names.filter(policy.deployments.contains).map { name in try policy.deployment(name) }
        guard !all.isEmpty else {
            return Report(
                skipped: "no stage has a deployment in \(snapshot.repository.remote) at \(snapshot.commit.id.short)")
        }
        let chosen = Self.choose(all)
        let capsule = try await verified(built, for: store, configuration)
        var report = try await render(chosen) { deployment in
            try await renderer.render(
                capsule, for: deployment, policy: policy.tree(for: deployment),
                options: workspace.renderOptions(deployment.name))
        }
        report.gitops = .init(repository: policy.repository, commit: policy.commit)
        let rendered = Set(chosen.map(\.name))
        report.leftOut = names.filter { !rendered.contains($0) }
        return report
    }

    /// Renders without environment policy, for a deployment that does not exist.
    ///
    /// - Throws: `TrialRejection`; `RenderError` when no renderer can run.
    public func render(
        _ built: BuiltCapsule, for store: StoreReference, configuration: CapsuleConfiguration?
    ) async throws -> Report {
        let (deployment, policy) = try Self.withoutPolicy(built.release)
        var options = configuration?.renderOptions(for: Stage(name: deployment.name)) ?? RenderOptions()
        // Each stage says which namespaces and kinds it may write, and this deployment is none of them.
        options.provesScope = false
        let settings = options
        let capsule = try await verified(built, for: store, configuration)
        do {
            return try await render([deployment]) { deployment in
                try await renderer.render(capsule, for: deployment, policy: policy, options: settings)
            }
        } catch var rejection as TrialRejection {
            rejection.deployments = []
            throw rejection
        }
    }

    /// A deployment that does not exist, and its policy, which changes nothing.
    static func withoutPolicy(_ release: ReleaseManifest) throws -> (Deployment, PolicyTree) {
        let name = "trial"
        let deployment = try Deployment(name: name, envType: name, namespace: name)
        let policy = PolicyTree(
            repository: "", commit: release.gitCommit,
            files: [
                PackageFile(path: try RelativePath("envTypes/\(name).values.yaml"), content: Array("{}\n".utf8)),
                PackageFile(
                    path: try RelativePath("envTypes/\(name)/kustomization.yaml"),
                    content: Array("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n".utf8)),
            ])
        return (deployment, policy)
    }

    /// Verifies what was built, in memory. The witness of a pair is the one that will be committed.
    func verified(
        _ built: BuiltCapsule, for store: StoreReference, _ configuration: CapsuleConfiguration?
    ) async throws -> VerifiedCapsule {
        var request = VerificationRequest(
            capsule: ArtifactReference(store, tag: built.tag), source: built.content, pinnedDigest: built.digest,
            image: built.release.image.digest.map { .asserted($0) }, packageKind: built.release.package.kind)
        request.witness = { release in
            Witness(
                repository: "(built)", path: try Witness.path(of: release, root: configuration?.gitops.root),
                commit: release.commit, content: Array(built.witnessed(in: store).yaml().utf8), commits: 0, faults: [])
        }
        switch try await verifier.verify(request) {
        case .verified(let capsule, _): return capsule
        case .rejected(let report): throw VerificationRejection(report: report)
        }
    }

    private func render(
        _ deployments: [Deployment], _ render: @escaping @Sendable (Deployment) async throws -> RenderedManifests
    ) async throws -> Report {
        typealias Outcome = Result<RenderedManifests, RenderRejection>
        let outcomes = try await concurrently(deployments, width: ReleaseRender.width) { deployment -> Outcome in
            do {
                return .success(try await render(deployment))
            } catch let rejection as RenderRejection {
                return .failure(rejection)
            } catch let error as RenderError where error.code == .rendererFailed || error.code == .outputLimit {
                let finding = Finding(
                    rule: "render.failed", message: error.message,
                    remedy: "correct the package, or the policy of the deployment")
                return .failure(RenderRejection(deployment: deployment.name, findings: [finding]))
            }
        }
        var rejections: [RenderRejection] = []
        var renders: [Report.Render] = []
        var renderer: RendererIdentity?
        for (deployment, outcome) in zip(deployments, outcomes) {
            switch outcome {
            case .success(let rendered):
                renders.append(Report.Render(deployment: deployment, objects: rendered.objects.count))
                renderer = rendered.renderer
            case .failure(let rejection): rejections.append(rejection)
            }
        }
        guard rejections.isEmpty else { throw TrialRejection(rejections) }
        return Report(renders, by: renderer)
    }

    /// At most ``maximumRenders`` of the deployments, in their order, with one of each environment type if possible.
    static func choose(_ deployments: [Deployment]) -> [Deployment] {
        var types: Set<String> = []
        let first = deployments.filter { types.insert($0.envType).inserted }
        let known = Set(first.map(\.name))
        let chosen = Set(
            (first + deployments.filter { !known.contains($0.name) }).prefix(maximumRenders).map(\.name))
        return deployments.filter { chosen.contains($0.name) }
    }
}

/// The rejection of a capsule that was rendered for trial. Nothing of it has been published.
public struct TrialRejection: Error, Sendable, CustomStringConvertible {
    /// The deployments whose render is rejected; empty for a render without environment policy.
    public fileprivate(set) var deployments: [String]
    /// The findings, each once.
    public let findings: [Finding]

    init(_ rejections: [RenderRejection]) {
        deployments = rejections.map(\.deployment)
        // One fault of the package is found for each deployment, whose name may be in the message.
        var found: [(key: [String], finding: Finding, deployments: [String])] = []
        for rejection in rejections {
            for finding in rejection.findings {
                let key = [
                    finding.rule, finding.file ?? "", "\(finding.line ?? 0)",
                    finding.message.replacing(rejection.deployment, with: ""),
                ]
                if let index = found.firstIndex(where: { $0.key == key }) {
                    found[index].deployments.append(rejection.deployment)
                } else {
                    found.append((key, finding, [rejection.deployment]))
                }
            }
        }
        findings = found.map { _, finding, names in
            guard rejections.count > 1 else { return finding }
            var finding = finding
            finding.message = "\(names.joined(separator: ", ")): \(finding.message)"
            return finding
        }
    }

    /// The message, in one line.
    public var message: String {
        guard deployments.isEmpty else {
            return "the release cannot be rendered for \(deployments.joined(separator: ", ")); nothing was published"
        }
        return
            "the release cannot be rendered without environment policy; nothing was published. If the policy gives it "
            + "what it lacks, name the GitOps repository with --gitops"
    }

    /// The message, followed by one line for each finding.
    public var description: String { ([message] + findings.map { "  \($0)" }).joined(separator: "\n") }
}
