internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import KargoManifests
internal import Logging
internal import OCI
internal import OCIRegistry
internal import OCITransports
internal import Processes
internal import Rendering
internal import Support

/// The environment of one run: output, registries, programs and configuration.
struct Session: Sendable {
    let console: Console
    let options: GlobalOptions
    let opener: any ContentOpener
    private(set) var runner: any CommandRunner
    let environment: [String: String]
    /// The request to stop, for a command that stops gracefully.
    let stop: GracefulStop
    /// The authorities that Git's remotes are checked with, the same as for registries.
    let trust: RegistryTrust
    /// How long registries and Git remotes that cannot be reached are tried again.
    let retries: RetryPolicy

    /// Git, with the environment variables that logins need.
    var git: Git { git(trusting: trust) }

    /// Git, with the environment variables that logins need, which checks remotes with these authorities.
    func git(trusting trust: RegistryTrust) -> Git {
        var git = Git(runner: runner, environment: environment)
        git.plainHTTPHosts = options.plainHTTPHosts
        git.retries.policy = retries
        git.retries.report = { [logger = console.logger] remote, failure, attempt, pause in
            logger.log(
                level: attempt < 5 ? .info : .warning, "trying again",
                metadata: [
                    "repository": "\(remote)", "reason": "\(failure.message)", "attempt": "\(attempt)",
                    "pause": "\(pause)",
                ])
        }
        git.authorities = {
            try trust.bundle().map { GitAuthorities(pem: $0.pem, includesSystem: $0.includesSystem) }
        }
        return git
    }

    /// This session with another runner of programs.
    func running(with runner: any CommandRunner) -> Session {
        var session = self
        session.runner = runner
        return session
    }

    /// Runs `body` with a session, whose connections are closed afterwards.
    ///
    /// - Parameter readsRegistry: true when a registry is read, whose content may come from the cache of this user.
    static func with<Result: Sendable>(
        _ options: GlobalOptions, console: Console, stop: GracefulStop, readsRegistry: Bool,
        _ body: @Sendable (Session) async throws -> Result
    ) async throws -> Result {
        let environment = ProcessInfo.processInfo.environment
        let runner = SystemCommandRunner()
        var registries = try registryConfiguration(
            options, logger: console.logger, environment: environment, runner: runner)
        if readsRegistry, let directory = try? cacheDirectory(options, environment) {
            registries.cache = ContentCache(directory: "\(directory)/content")
        }
        let trust = try RegistryTrust(registries)
        return try await withContentOpener(registries) { opener in
            try await body(
                Session(
                    console: console, options: options, opener: opener, runner: runner, environment: environment,
                    stop: stop, trust: trust, retries: registries.retries))
        }
    }

    /// The configuration of registry clients that log to `logger`.
    func registryConfiguration(logger: Logger) throws -> RegistryConfiguration {
        try Self.registryConfiguration(options, logger: logger, environment: environment, runner: runner)
    }

    private static func registryConfiguration(
        _ options: GlobalOptions, logger: Logger, environment: [String: String], runner: any CommandRunner
    ) throws -> RegistryConfiguration {
        var configuration = RegistryConfiguration(environment: environment, runner: runner, logger: logger)
        configuration.plainHTTPHosts = options.plainHTTPHosts
        guard options.clientKey == nil || options.clientCert != nil else {
            throw UsageError("--client-key is the key of --client-cert, which is missing")
        }
        guard let retries = RetryPolicy(environment: environment) else {
            throw UsageError("\(RetryPolicy.variable) is not a number of seconds from 0 to \(RetryPolicy.most)")
        }
        configuration.retries = retries
        configuration.uploadHosts = Set(options.uploadHost)
        configuration.trust.authorityFiles = options.caFile
        configuration.trust.clientCertificateFile = options.clientCert
        configuration.trust.clientKeyFile = options.clientKey
        // Certificates are given for TLS registries, which may also be on this machine.
        configuration.plainHTTPOnLoopback = options.caFile.isEmpty && options.clientCert == nil
        configuration.userAgent = "release-capsule/\(ProgramVersion.current)"
        return configuration
    }

    /// The renderer, with the cache of this user.
    func renderer() throws -> Renderer {
        Renderer(
            runner: runner, cache: RenderCache(directory: try renderCacheDirectory()),
            memory: try RendererMemory.limit(in: environment))
    }

    /// The directory of the cache of renders.
    func renderCacheDirectory() throws -> String { "\(try cacheDirectory())/renders" }

    /// The configuration of `--config`; nil without the option.
    func namedConfiguration() throws -> CapsuleConfiguration? {
        try options.config.map { try CapsuleConfiguration.load(path: $0, plainHTTPHosts: options.plainHTTPHosts) }
    }

    /// The configuration in a directory or above it; nil when there is none.
    func configuration(near directory: String) throws -> CapsuleConfiguration? {
        let start = directory.hasPrefix("/") ? directory : "\(FileManager.default.currentDirectoryPath)/\(directory)"
        return try CapsuleConfiguration.find(from: start).map {
            try CapsuleConfiguration.load(path: $0, plainHTTPHosts: options.plainHTTPHosts)
        }
    }

    /// The configuration of `--config`, else the one in this directory or above it; nil when there is none.
    func configuration() throws -> CapsuleConfiguration? {
        try namedConfiguration() ?? configuration(near: ".")
    }

    /// The configuration, if it describes the capsules in a store: `--config` is given, or it names the store.
    func configuration(about store: StoreReference) throws -> CapsuleConfiguration? {
        let configuration = try configuration()
        return options.config != nil || configuration?.capsule == store ? configuration : nil
    }

    /// The configuration of a command that requires one.
    ///
    /// - Parameter alternative: the argument that makes the configuration unnecessary.
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
    /// - Parameter top: its top directory; nil searches for `.git`.
    func workingTree(top: String?) throws -> GitOpsWorkingTree {
        let directory = FileManager.default.currentDirectoryPath
        guard let path = options.config ?? CapsuleConfiguration.find(from: top ?? directory) else {
            throw UsageError(
                "there is no \(CapsuleConfiguration.fileName) here or above; change to its directory, or name it with --config"
            )
        }
        return try GitOpsWorkingTree(
            configuration: path.hasPrefix("/") ? path : "\(directory)/\(path)", top: top,
            plainHTTPHosts: options.plainHTTPHosts)
    }

    /// The directory of the cache of Git objects, renders and content of registries.
    ///
    /// - Throws: `UsageError` when there is neither `--cache-dir` nor a home directory.
    func cacheDirectory() throws -> String { try Self.cacheDirectory(options, environment) }

    private static func cacheDirectory(_ options: GlobalOptions, _ environment: [String: String]) throws -> String {
        if let named = options.cacheDir {
            return named.hasPrefix("/") ? named : "\(FileManager.default.currentDirectoryPath)/\(named)"
        }
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/release-capsule" }
        if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/release-capsule" }
        throw UsageError(
            "neither XDG_CACHE_HOME nor HOME is set to an absolute path, so there is no place for the cache; give --cache-dir DIR"
        )
    }
}
