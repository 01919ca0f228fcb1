internal import DeliveryConfiguration
internal import GitOps
public import OCI
public import Processes
public import ReleaseWorkflows
internal import Rendering

/// Renders a release for a stage and evaluates the gates, without a push.
///
/// - Parameters:
///   - gitops: the GitOps repository: a URL or a directory.
///   - time: the current time, in seconds since 1970.
public func planPromotion(
    of capsule: ArtifactReference, image: ArtifactReference, to stage: String, gitops: String, at time: Int64,
    opener: any ContentOpener, runner: any CommandRunner, environment: [String: String]
) async throws -> ReleasePromotion.Report {
    // snippet: plan
    let git = Git(runner: runner, environment: environment)
    let promotion = ReleasePromotion(
        opener: opener, renderer: Renderer(runner: runner, cache: nil), ancestry: nil, now: { time })
    let request = ReleasePromotion.Request(
        verification: ReleaseVerification.Request(capsule: capsule, image: image), stages: [stage], dryRun: true)
    let report = try await GitOpsWorkspace.with(
        GitRemote(gitops), revision: nil, configuration: nil, git: git, cacheDirectory: nil
    ) { workspace in
        try await promotion.run(request, in: workspace)
    }
    for plan in report.stages {
        print("\(plan.stage): \(plan.ok ? "can take the release" : "rejected")")
        for gate in plan.gates { print("  \(gate)") }
    }
    // snippet end
    return report
}
