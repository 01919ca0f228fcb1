internal import CapsuleCore
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Promotion
internal import ReleaseWorkflows
internal import Rendering
internal import Support

/// `capsule render`
struct RenderCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Render a verified release for a deployment into a new directory.",
        discussion: """
            Verifies the release, applies the environment policy of the GitOps repository to its package, proves that the \
            result refers to the promoted images only, and writes one file for each object. Nothing is written to Git.

            Example:
              capsule render git-0cc4… --deployment staging \\
                --gitops https://git.example.com/platform/gitops.git --to out
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(
        help: ArgumentHelp("The deployment: deployments/NAME/ in the GitOps repository.", valueName: "name"),
        transform: Parse.name)
    var deployment: String

    @Option(help: ArgumentHelp("The directory to create; it must not exist.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var directory: String
        var freight: Freight
        var deployment: Deployment
        var gitops: ReleaseRecord.GitOps
        var renderer: RendererIdentity
        var digest: Digest
        var objects: [RenderedObject]
        /// The values of the package or the policy that the render overrides; nil when there is nothing.
        var warnings: [Finding]?
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        try NewDirectory.check(to)
        return try await image.reading(release, session) { reading in
            try await gitops.open(session) { try await render(reading, in: $0, session) }
        }
    }

    private func render(
        _ reading: StartedReading?, in workspace: GitOpsWorkspace, _ session: Session
    ) async throws -> ExitStatus {
        var request = try await image.request(release, workspace.configuration)
            .requiringEvidence(for: deployment, in: workspace, now: WallClock.system())
        request.reading = reading
        async let policy = ReleaseRender.policy(for: [deployment], in: workspace)
        session.console.stage("verifying \(request.capsule)")
        let (capsule, _) = try await ReleaseVerification(opener: session.opener).verified(request)
        session.console.stage("rendering \(deployment)")
        let results = try await ReleaseRender(renderer: session.renderer())
            .render(capsule, for: [deployment], await policy, in: workspace)
        guard let result = results.first else { return .failure }
        let rendered = try result.outcome.get()
        if let values = rendered.imageValues { session.console.note("the chart is given \(values)") }
        for warning in rendered.warnings { session.console.note("\(warning)") }
        // It is not flushed: that waits for what all programs have written, and a render can be made again.
        try NewDirectory.write(rendered.files.map { ($0.path.description, $0.content) }, to: to, durable: false)
        session.console.note(
            "\(rendered.objects.count) objects by \(rendered.renderer), digest \(rendered.digest)")
        session.console.result(
            Result(
                directory: to, freight: capsule.freight, deployment: result.deployment,
                gitops: .init(repository: result.policy.repository, commit: result.policy.commit),
                renderer: rendered.renderer, digest: rendered.digest, objects: rendered.objects,
                warnings: rendered.warnings.isEmpty ? nil : rendered.warnings),
            text: to)
        return .ok
    }
}
