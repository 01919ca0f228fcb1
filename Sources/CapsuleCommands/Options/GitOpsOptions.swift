internal import CapsuleCore
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

    /// Reads the witnesses of pairs from the repository, which is opened when a release turns out to be a pair.
    func witnesses(_ session: Session) -> WitnessSource {
        { release in try await open(session) { try await $0.witness(of: release) } }
    }

    /// Opens the repository. `--config` takes precedence over the configuration in the repository.
    func open<Result: Sendable>(
        _ session: Session, _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        let named = try session.namedConfiguration()
        let remote = try Self.remote(gitops, named, session)
        session.console.stage("fetching \(remote)")
        return try await GitOpsWorkspace.with(
            remote, revision: revision, configuration: named, git: session.git,
            cacheDirectory: "\(try session.cacheDirectory())/git", body)
    }

    /// The address: the option, else `gitops.repository` of a configuration; nil for the configuration in this directory or
    /// above it.
    static func remote(
        _ gitops: String?, _ configuration: CapsuleConfiguration?, _ session: Session
    ) throws -> GitRemote {
        if let gitops { return try GitRemote(gitops, plainHTTPHosts: session.options.plainHTTPHosts) }
        let configuration = try configuration ?? session.requireConfiguration("--gitops")
        guard let repository = configuration.gitops.repository else {
            throw UsageError(
                "\(CapsuleConfiguration.fileName) has no gitops.repository; add it, or give --gitops REPOSITORY")
        }
        return repository
    }
}
