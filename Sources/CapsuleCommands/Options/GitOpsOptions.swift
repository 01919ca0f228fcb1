internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps

/// The GitOps repository and its revision.
struct GitOpsOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The GitOps repository: a URL or a directory (default: gitops.repository of capsule.yaml).",
            valueName: "repository"),
        completion: .directory)
    var gitops: String?

    @Option(
        help: ArgumentHelp(
            "The branch or commit to read the policies from (default: gitops.branch of capsule.yaml).", valueName: "rev"
        ))
    var revision: String?

    /// Opens the repository. `--config` takes precedence over the configuration in the repository.
    func open<Result: Sendable>(
        _ session: Session, _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        let named = try session.namedConfiguration()
        let remote: GitRemote
        if let gitops {
            remote = try GitRemote(gitops, plainHTTPHosts: session.options.plainHTTPHosts)
        } else {
            let configuration = try named ?? session.requireConfiguration("--gitops")
            guard let repository = configuration.gitops.repository else {
                throw UsageError(
                    "\(CapsuleConfiguration.fileName) has no gitops.repository; add it, or give --gitops REPOSITORY")
            }
            remote = repository
        }
        session.console.stage("fetching \(remote)")
        return try await GitOpsWorkspace.with(
            remote, revision: revision, configuration: named, git: session.git,
            cacheDirectory: "\(try session.cacheDirectory())/git", body)
    }
}
