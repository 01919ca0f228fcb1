public import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Rendering
internal import Support

/// Makes a capsule of a pair: the same package and metadata, with the record inside. It proves that both render alike before
/// the capsule is published.
public struct ReleaseConversion: Sendable {
    /// The result.
    public struct Report: Sendable, Codable {
        /// The render of both for one deployment.
        public struct Render: Sendable, Codable {
            /// The deployment; nil for the render without environment policy.
            public var deployment: String?
            /// The digest of both renders.
            public var digest: Digest
        }

        /// The version of this document.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// The pair.
        public var from: String
        /// The witness of the pair.
        public var witness: WitnessReference
        /// The store, tag and digest of the capsule.
        public var reference: String
        /// The capsule's digest.
        public var digest: Digest
        /// The capsule's tag.
        public var tag: Tag
        /// False when the same capsule was published before.
        public var published: Bool
        /// The renders that were compared, in the order of the stages.
        public var renders: [Render]
        /// The deployments whose render is rejected for both.
        public var leftOut: [String]
    }

    private let opener: any ContentOpener
    private let renderer: Renderer

    /// Creates the workflow. It runs the renderer for both forms: a cached render would prove nothing.
    public init(opener: any ContentOpener, renderer: Renderer) {
        self.opener = opener
        self.renderer = renderer.withoutCache()
    }

    /// Converts a pair.
    ///
    /// - Parameter store: the store to publish to; nil for `capsule` of the configuration.
    /// - Throws: `VerificationRejection`; `CapsuleError.Code.invalidName` for a release that is a capsule;
    ///   `.alreadyPublished` when the tag names other content there; `.invalidPackage` when the two render differently.
    public func run(
        _ request: ReleaseVerification.Request, to store: StoreReference?, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        progress("verifying \(request.capsule)")
        let (pair, _) = try await ReleaseVerification(opener: opener).verified(request.witnessed(by: workspace))
        guard let witness = pair.witness else {
            throw CapsuleError(.invalidName, "\(request.capsule) is a capsule; name the package of a pair")
        }
        let store = store ?? workspace.configuration.capsule
        guard store != request.capsule.store else {
            throw CapsuleError(
                .invalidName,
                "\(store) has the package under the tag of the release, which names one artifact; name another repository "
                    + "with --to")
        }
        let built = try Self.capsule(of: pair)
        let trial = TrialRender(renderer: renderer, opener: opener)
        let capsule = try await trial.verified(built, for: store, workspace.configuration)
        let (renders, leftOut) = try await compared(pair, capsule, in: workspace, progress)
        progress("publishing \(built.digest.short) to \(store)")
        let publication = try await opener.withDestination(store) { try await CapsulePublisher.publish(built, to: $0) }
        return Report(
            from: "\(ArtifactReference(request.capsule.store, tag: built.tag, digest: pair.freight.capsule.digest))",
            witness: witness, reference: "\(ArtifactReference(store, tag: built.tag, digest: built.digest))",
            digest: built.digest, tag: built.tag, published: publication == .published(built.digest), renders: renders,
            leftOut: leftOut)
    }

    /// The capsule of a verified pair: the bytes that `capsule build` gives for the same commit and options.
    static func capsule(of pair: VerifiedCapsule) throws -> BuiltCapsule {
        var release = pair.release
        release.artifact = nil
        guard let sbom = release.metadata?.sbomPath.flatMap({ pair.metadata("\($0)") }),
            let provenance = release.metadata?.provenancePath.flatMap({ pair.metadata("\($0)") }),
            let committed = pair.committed
        else { throw CapsuleError(.notACapsule, "the package of \(release.identity) has no metadata; do not use it") }
        return try CapsuleBuilder.seal(
            release, pair.package(), sbom: sbom, provenance: provenance, form: .capsule, committed: committed)
    }

    /// Renders both for the deployments of the stages, or without environment policy where there are none, and compares the
    /// results. A deployment that rejects both is left out.
    private func compared(
        _ pair: VerifiedCapsule, _ capsule: VerifiedCapsule, in workspace: GitOpsWorkspace,
        _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> ([Report.Render], [String]) {
        let names = workspace.configuration.stages.map(\.name)
        let environment = try await ReleaseRender.policy(for: names, in: workspace)
        let deployments = TrialRender.choose(
            try names.filter(environment.deployments.contains).map { name in try environment.deployment(name) })
        var subjects = deployments.map { deployment in
            (deployment, environment.tree(for: deployment), workspace.renderOptions(deployment.name))
        }
        if subjects.isEmpty {
            let (deployment, policy) = try TrialRender.withoutPolicy(pair.release)
            var options = workspace.renderOptions(deployment.name)
            options.provesScope = false
            subjects = [(deployment, policy, options)]
        }
        let renderer = renderer
        let results = try await concurrently(subjects, width: ReleaseRender.width / 2) { deployment, policy, options in
            progress("rendering \(deployment.name)")
            func render(_ release: VerifiedCapsule) async throws -> Digest? {
                do {
                    return try await renderer.render(release, for: deployment, policy: policy, options: options).digest
                } catch is RenderRejection {
                    return nil
                }
            }
            return (deployment.name, try await render(pair), try await render(capsule))
        }
        for (name, old, new) in results where old != new {
            throw CapsuleError(
                .invalidPackage,
                "the pair and its capsule render differently for \(name): \(old.map { "\($0)" } ?? "rejected") and "
                    + "\(new.map { "\($0)" } ?? "rejected"); nothing was published. Allow what the chart chooses at random "
                    + "in deployment.yaml, or report this")
        }
        let renders = results.compactMap { name, digest, _ in
            digest.map { Report.Render(deployment: deployments.isEmpty ? nil : name, digest: $0) }
        }
        guard !renders.isEmpty else {
            throw CapsuleError(
                .invalidPackage, "no deployment renders the pair, so nothing can be compared; nothing was published")
        }
        return (renders, results.filter { $0.1 == nil }.map(\.0))
    }
}
