public import CapsuleTrust
public import DeliveryConfiguration
public import Rendering
internal import Support

/// Renders a verified release for deployments, in parallel.
public struct ReleaseRender: Sendable {
    /// The render for one deployment.
    public struct DeploymentRender: Sendable {
        /// The deployment.
        public let deployment: Deployment
        /// The environment policy.
        package let policy: PolicyTree
        /// The manifests, or the reasons why the render was rejected.
        public let outcome: Result<RenderedManifests, RenderRejection>
    }

    /// The number of parallel renders: each is a process that uses about one core.
    package static let width = 4

    let renderer: Renderer

    /// Creates a render.
    public init(renderer: Renderer) { self.renderer = renderer }

    /// Renders for deployments. A rejected render is a result; any other failure ends the whole operation.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a deployment that does not exist, `GitError`.
    public func render(
        _ capsule: VerifiedCapsule, for names: [String], in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> [DeploymentRender] {
        try await render(capsule, for: names, Self.policy(for: names, in: workspace), in: workspace, progress: progress)
    }

    /// Reads the policy of deployments, which can be done while the release is verified.
    ///
    /// - Throws: `CapsuleError`, `GitError`
    package static func policy(
        for names: [String], in workspace: GitOpsWorkspace
    ) async throws -> EnvironmentPolicy {
        try await workspace.snapshot.environmentPolicy(
            root: workspace.configuration.gitops.root, deployments: names)
    }

    /// Renders for deployments, with policy that has been read.
    package func render(
        _ capsule: VerifiedCapsule, for names: [String], _ policy: EnvironmentPolicy, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> [DeploymentRender] {
        let deployments = try names.map { name in try policy.deployment(name) }
        let head = try await PolicyHeadRules(workspace)
        return try await concurrently(deployments, width: Self.width) { deployment in
            progress(deployment.name)
            if let wider = try await head?.widerLimits(deployment), !wider.isEmpty {
                return DeploymentRender(
                    deployment: deployment, policy: policy.tree(for: deployment),
                    outcome: .failure(RenderRejection(deployment: deployment.name, findings: wider)))
            }
            return try await render(capsule, for: deployment, policy, in: workspace)
        }
    }

    /// Renders for one deployment, with policy that has been read.
    ///
    /// - Throws: `GitError`
    func render(
        _ capsule: VerifiedCapsule, for deployment: Deployment, _ policy: EnvironmentPolicy,
        in workspace: GitOpsWorkspace
    ) async throws -> DeploymentRender {
        let tree = policy.tree(for: deployment)
        do {
            let rendered = try await renderer.render(
                capsule, for: deployment, policy: tree, options: workspace.renderOptions(deployment.name))
            return DeploymentRender(deployment: deployment, policy: tree, outcome: .success(rendered))
        } catch let rejection as RenderRejection {
            return DeploymentRender(deployment: deployment, policy: tree, outcome: .failure(rejection))
        }
    }
}
