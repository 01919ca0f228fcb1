internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import KargoManifests
internal import Logging
internal import OCI
internal import Processes
internal import Rendering

/// What one run works with: where it prints, how it opens places, how it runs programs.
struct Session: Sendable {
    let console: Console
    let options: GlobalOptions
    let opener: Opener
    let runner: SystemCommandRunner
    let environment: [String: String]
    /// Says when to stop, to a command that stops gracefully.
    let stop: GracefulStop

    /// Git, with what logins need of this process's surroundings.
    var git: Git { Git(runner: runner, environment: environment) }

    /// Runs `body` with a session; what the session opened is closed afterwards.
    static func with<Result: Sendable>(
        _ options: GlobalOptions, console: Console, stop: GracefulStop,
        _ body: @Sendable (Session) async throws -> Result
    ) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        let runner = SystemCommandRunner()
        return try await Opener.with(
            options, logger: console.logger, environment: environment, runner: runner
        ) { opener in
            try await body(
                Session(
                    console: console, options: options, opener: opener, runner: runner, environment: environment,
                    stop: stop))
        }
    }

    /// Runs `body` with an opener of its own, whose registries log to `logger`.
    func opener<Result: Sendable>(
        logger: Logger, _ body: @Sendable (Opener) async throws -> Result
    ) async throws -> Result {
        try await Opener.with(options, logger: logger, environment: environment, runner: runner, body)
    }

    /// What renders, with the cache of this user.
    func renderer() throws -> Renderer {
        Renderer(runner: runner, cache: RenderCache(directory: "\(try cacheDirectory())/renders"))
    }

    /// The configuration that `--config` names; nil without the option.
    func namedConfiguration() throws -> CapsuleConfiguration? {
        try options.config.map { try CapsuleConfiguration.load(path: $0) }
    }

    /// The configuration in a directory or above it; nil when there is none.
    func configuration(near directory: String) throws -> CapsuleConfiguration? {
        let start = directory.hasPrefix("/") ? directory : "\(FileManager.default.currentDirectoryPath)/\(directory)"
        return try CapsuleConfiguration.find(from: start).map { try CapsuleConfiguration.load(path: $0) }
    }

    /// The configuration that `--config` names, else the one here or above; nil when there is none.
    func configuration() throws -> CapsuleConfiguration? {
        try namedConfiguration() ?? configuration(near: ".")
    }

    /// The configuration, when it is about the capsules in a place: `--config` names it, or capsules stand there by it.
    func configuration(about place: Place) throws -> CapsuleConfiguration? {
        let configuration = try configuration()
        return options.config != nil || configuration?.capsule == place ? configuration : nil
    }

    /// The configuration, which the command cannot do without.
    ///
    /// - Parameter alternative: what would make up for it on the command line.
    func requireConfiguration(_ alternative: String) throws -> CapsuleConfiguration {
        guard let configuration = try configuration() else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) here or above; give \(alternative), name the file with "
                    + "--config, or write one with `capsule init`")
        }
        return configuration
    }

    /// The GitOps working tree around the configuration.
    ///
    /// - Parameter top: its top; nil finds it by its `.git`.
    func workingTree(top: String?) throws -> GitOpsWorkingTree {
        let directory = FileManager.default.currentDirectoryPath
        guard let path = options.config ?? CapsuleConfiguration.find(from: top ?? directory) else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) here or above; go to where it is, or name it with --config"
            )
        }
        return try GitOpsWorkingTree(
            configuration: path.hasPrefix("/") ? path : "\(directory)/\(path)", top: top)
    }

    /// Where fetched Git objects and renders are kept between runs.
    ///
    /// - Throws: `UsageError` when neither `--cache-dir` nor a home directory says where.
    func cacheDirectory() throws -> String {
        if let named = options.cacheDir {
            return named.hasPrefix("/") ? named : "\(FileManager.default.currentDirectoryPath)/\(named)"
        }
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/release-capsule" }
        if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/release-capsule" }
        throw UsageError("neither XDG_CACHE_HOME nor HOME says where the cache goes; give --cache-dir DIR")
    }
}
