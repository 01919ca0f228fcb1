internal import CapsuleReports
internal import CapsuleTrust
internal import CommandParser
internal import DeliveryConfiguration
internal import ReleaseWorkflows
internal import Support

/// `capsule verify`
struct VerifyCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a release, and show every check.",
        discussion: """
            Proves that image and capsule are one release, and that the capsule is complete and closed. Exit 65 when a check \
            fails; 69 when a registry cannot be reached, which leaves the result undetermined.

            Example:
              capsule verify registry.example.com/shop/release:git-0cc4…
              capsule verify oci:release:git-0cc4… --image oci:image
              capsule verify git-0cc4… --image-digest sha256:1f2e…
              capsule verify git-0cc4… --stage production
              capsule verify git-0cc4… --gitops https://git.example.com/platform/gitops.git

            The last line is for a pair, whose record is in the GitOps repository.
            """)

    @Argument(
        help: ArgumentHelp("The release: a REF, or git-<commit> in the configured repository.", valueName: "release"),
        transform: ReleaseArgument.parse)
    var release: ReleaseArgument

    @Option(
        help: ArgumentHelp("Also require the evidence that the policy requires for this stage.", valueName: "name"),
        transform: Parse.name)
    var stage: String?

    @OptionGroup(title: "Application image") var image: ImageOptions
    @OptionGroup(title: "GitOps repository, for --stage and for the witness of a pair") var gitops: GitOpsOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    var readsRegistry: Bool { release.isInRegistry }

    func validate() throws {
        try image.trust.check(requiresEvidence: stage != nil)
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        guard let stage, image.trust.policy.policy == nil else {
            var request = try image.request(release, session, stage: stage)
            request.witness = gitops.witnesses(session)
            return try await verify(request, session)
        }
        return try await image.reading(release, session) { reading in
            try await gitops.open(session) { workspace in
                try await verify(request(for: stage, in: workspace, reading), session)
            }
        }
    }

    /// The verification with the requirements of a stage.
    private func request(
        for stage: String, in workspace: GitOpsWorkspace, _ reading: StartedReading?
    ) async throws -> ReleaseVerification.Request {
        _ = try workspace.configuration.stage(stage)
        var request = try image.request(release, workspace.configuration)
        guard try await request.policy(in: workspace) != nil else {
            throw UsageError(
                "\(CapsuleConfiguration.fileName) names no policy, so stage \(stage) requires no evidence; add "
                    + "`policy: policy.yaml` to it, or give --policy FILE")
        }
        request.reading = reading
        return try await request.requiringEvidence(for: stage, in: workspace, now: WallClock.system())
    }

    private func verify(_ request: ReleaseVerification.Request, _ session: Session) async throws -> ExitStatus {
        session.console.stage("verifying \(request.capsule)")
        let report = try await ReleaseVerification(opener: session.opener).verdict(request).report
        session.console.result(report, text: session.console.marked(report.text()))
        return report.ok ? .ok : .rejected
    }
}
