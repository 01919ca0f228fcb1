public import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
internal import GitOps
public import OCI
internal import Promotion
public import Rendering
public import Support

/// Compares two releases, or a release with what a stage holds: identity, images, package files and rendered objects.
public struct ReleaseComparison: Sendable {
    /// The differences for one deployment.
    public struct Rendered: Codable, Sendable {
        /// The deployment.
        public var deployment: String
        /// The objects that differ.
        public var diff: ManifestDiff
        /// The values of the package or the policy that the render of the second side overrides; nil when there is
        /// nothing.
        public var warnings: [Finding]?
    }

    /// The differences.
    public struct Report: Codable, Sendable {
        /// The version of this document.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// The name of the first side: a reference, or a stage.
        public var from: String
        /// The name of the second side.
        public var to: String
        /// Identity, images and package files; nil when there is no first side to compare with.
        public var capsule: CapsuleDiff?
        /// The reason why `capsule` is nil.
        public var note: String?
        /// The rendered objects, when a deployment was named.
        public var rendered: Rendered?

        /// True when nothing differs.
        public var isEmpty: Bool { note == nil && capsule?.isEmpty != false && rendered?.diff.isEmpty != false }
    }

    let opener: any ContentOpener
    let now: @Sendable () -> Int64

    /// Creates a comparison.
    ///
    /// - Parameter now: the time in seconds since 1970, for keys of a policy with a validity period; nil for the time of
    ///   this system.
    public init(opener: any ContentOpener, now: (@Sendable () -> Int64)? = nil) {
        self.opener = opener
        self.now = now ?? WallClock.system
    }

    /// Compares the contents of two capsules. Nothing is verified.
    ///
    /// - Throws: `CapsuleError`, `OCIError`
    public func between(_ old: ArtifactReference, _ new: ArtifactReference) async throws -> Report {
        Report(from: "\(old)", to: "\(new)", capsule: .between(try await contents(old), try await contents(new)))
    }

    /// Compares two releases and their rendered objects for a deployment. Both are verified.
    ///
    /// - Throws: `VerificationRejection`, `RenderRejection`, and the errors of registries, Git and the renderer.
    public func between(
        _ old: ReleaseVerification.Request, _ new: ReleaseVerification.Request, for deployment: String,
        in workspace: GitOpsWorkspace, renderer: Renderer
    ) async throws -> Report {
        var report = try await between(old.capsule, new.capsule)
        let before = try await render(old, for: deployment, in: workspace, renderer: renderer)
        let after = try await render(new, for: deployment, in: workspace, renderer: renderer)
        report.rendered = Rendered(before.files, after, for: deployment)
        return report
    }

    /// Compares the release that a stage holds with another one.
    ///
    /// - Throws: as `between(_:_:for:in:renderer:)`
    public func stage(
        _ name: String, with new: ReleaseVerification.Request, in workspace: GitOpsWorkspace, renderer: Renderer
    ) async throws -> Report {
        _ = try workspace.configuration.stage(name)
        let branches = StageBranches(workspace)
        let state = try await branches.states(of: [name])[0]
        let manifests = try await render(new, for: name, in: workspace, renderer: renderer)
        var report = Report(from: "stage \(name)", to: "\(new.capsule)")
        report.rendered = Rendered(try await branches.files([state])[name] ?? [], manifests, for: name)
        guard let held = state.record?.release.capsule else {
            report.note = state.problem ?? "stage \(name) holds no release yet"
            return report
        }
        do {
            report.capsule = .between(
                try await contents(held, near: new.capsule.store), try await contents(new.capsule))
        } catch let error as OCIError {
            report.note = "the capsule that stage \(name) holds cannot be read: \(error.message)"
        } catch let error as CapsuleError where error.code == .notFound {
            report.note = "the capsule that stage \(name) holds cannot be read: \(error.message)"
        }
        return report
    }

    /// Reads a capsule by its recorded digest: from the store that the record names, else from the store of the
    /// release that it is compared with, because a record may name a directory of another machine.
    private func contents(_ held: ReleaseRecord.Capsule, near store: StoreReference) async throws -> CapsuleContents {
        let recorded = try held.reference()
        do {
            return try await contents(recorded)
        } catch {
            guard recorded.store != store, !(error is CancellationError),
                let found = try? await contents(held.reference(in: store))
            else { throw error }
            return found
        }
    }

    private func contents(_ reference: ArtifactReference) async throws -> CapsuleContents {
        try CapsuleContents(try await CapsuleReader.read(reference, from: opener.source(reference.store)))
    }

    private func render(
        _ request: ReleaseVerification.Request, for deployment: String, in workspace: GitOpsWorkspace,
        renderer: Renderer
    ) async throws -> RenderedManifests {
        let request = try await request.requiringEvidence(for: deployment, in: workspace, now: now())
        let (capsule, _) = try await ReleaseVerification(opener: opener).verified(request)
        let results = try await ReleaseRender(renderer: renderer).render(capsule, for: [deployment], in: workspace)
        guard let result = results.first else {
            throw CapsuleError(.notFound, "nothing was rendered for deployment \(deployment)")
        }
        return try result.outcome.get()
    }
}

extension ReleaseComparison.Rendered {
    fileprivate init(_ old: [PackageFile], _ new: RenderedManifests, for deployment: String) {
        self.deployment = deployment
        diff = .between(old, new.files)
        warnings = new.warnings.isEmpty ? nil : new.warnings
    }
}
