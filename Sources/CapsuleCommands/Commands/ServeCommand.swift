internal import CapsuleServer
internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import GitOps
internal import Logging
internal import OCIRegistry
internal import OCITransports
internal import ReleaseWorkflows
internal import Support
internal import Synchronization

/// `capsule serve`
struct ServeCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: ObservationOptions.command,
        abstract: "Serve verifications and promotions over HTTP, for pipelines and for Kargo.",
        discussion: """
            POST /verify runs the checks of `capsule verify`, POST /v1/promotions does what `capsule promote` does, and POST \
            /v1/statements attests a stage that another program pushed; GET /openapi.json describes them. Requests require a \
            token, and may name only the registries and Git repositories that are allowed here. The log on stderr is JSON, \
            one object a line, errors included; with port 0, the address is printed on stdout once the service accepts \
            requests. On SIGTERM, running requests complete before the service exits.

            Example:
              capsule serve --tokens tokens.yaml \\
                --allow-repository registry.example.com/shop \\
                --allow-remote https://git.example.com/platform/gitops.git
              capsule serve --config capsule.yaml --anonymous-verify --listen 127.0.0.1:0
            """)

    @Option(
        help: ArgumentHelp(
            "The address to listen on; :8080 is every address of IPv4 and IPv6, and port 0 chooses a free port.",
            valueName: "host:port"))
    var listen = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "Allow requests to name this registry or repository, and those below it; repeatable.",
            valueName: "prefix"))
    var allowRepository: [String] = []

    @Option(
        help: ArgumentHelp("Allow requests to name this GitOps repository; repeatable.", valueName: "url"))
    var allowRemote: [String] = []

    @Option(
        help: ArgumentHelp(
            "Require that this public key (PEM) signed each release, for the repository that it is read from; repeatable: "
                + "one of several keys suffices. The requirements of a stage's policy apply in addition.",
            valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @Option(
        help: ArgumentHelp(
            "The YAML file of tokens and their roles. A change takes effect within a second.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var tokens: String?

    @Option(
        help: ArgumentHelp(
            "The evidence policy of all promotions; paths of keys are relative to it (default: the policy that "
                + "capsule.yaml of the GitOps repository names).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var policy: String?

    @OptionGroup(title: "Statements about promotions") var statement: StatementKeyOptions

    @Flag(help: "Allow verification without a token.")
    var anonymousVerify = false

    @Option(
        help: ArgumentHelp("The TLS certificate and its intermediates (PEM).", valueName: "file"), completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of the TLS certificate (PEM).", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "The directory in which promotions are stored (default: in the cache).", valueName: "dir"),
        completion: .directory)
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Remove finished review branches of the allowed GitOps repositories every n hours, as `capsule review prune` "
                + "does; 0 never. Requires a login that may push.", valueName: "n"))
    var pruneReviews = 0

    @Option(help: ArgumentHelp("The size limit of the cache of capsules, in MiB.", valueName: "n"))
    var cacheSize = 1_024

    @Option(
        help: ArgumentHelp(
            "How long a resolved tag is cached, in seconds; 0 disables the cache.", valueName: "seconds"))
    var tagTTL = 10

    @Option(
        help: ArgumentHelp(
            "Drain period on SIGTERM, in seconds: requests are still accepted while /readyz returns 503.",
            valueName: "seconds"))
    var drain = 5

    @Option(
        help: ArgumentHelp(
            "Grace period for running requests and promotions after it, in seconds.", valueName: "seconds"))
    var grace = 20

    @Option(
        help: ArgumentHelp(
            "How long a connection may be idle between requests, in seconds; more than the load balancer in front keeps one.",
            valueName: "seconds"))
    var idleTime = 75

    @Option(
        help: ArgumentHelp(
            "The path below which the routes are, such as /capsule; /healthz, /readyz and /metrics are at the top as well.",
            valueName: "path"))
    var basePath: String?

    @OptionGroup(title: "Observation") var observation: ObservationOptions

    @OptionGroup(title: "Global options") var global: GlobalOptions

    var stopsGracefully: Bool { true }

    var log: Logger? { observation.logger(verbose: global.verbose) }

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key must be given together")
        }
        if tokens == nil, !anonymousVerify {
            throw ValidationError(
                "give --tokens FILE, or --anonymous-verify to allow verification without a token, and no promotion")
        }
        for (name, value) in [
            ("--tag-ttl", tagTTL), ("--drain", drain), ("--grace", grace), ("--cache-size", cacheSize),
        ]
        where !(0...86_400).contains(value) {
            throw ValidationError("\(name) \(value) must be from 0 to 86400")
        }
        guard (0...8_760).contains(pruneReviews) else {
            throw ValidationError("--prune-reviews \(pruneReviews) must be from 0 to 8760")
        }
        guard (1...86_400).contains(idleTime) else {
            throw ValidationError("--idle-time \(idleTime) must be from 1 to 86400")
        }
        _ = try ListenAddress(listen, option: "--listen")
        _ = try observation.healthAddress()
        _ = try parsedBasePath()
    }

    private func parsedBasePath() throws -> BasePath {
        do throws(BasePath.Invalid) {
            return try basePath.map { path throws(BasePath.Invalid) in try BasePath(path) } ?? .top
        } catch {
            throw ValidationError("--base-path \(error)")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let openFiles = OpenFiles.takeAll()
        let hangups = Interruption.hangups()
        let logger = observation.logger(verbose: global.verbose)
        logger.info(
            "starting",
            metadata: [
                "version": "\(ProgramVersion.current)",
                "libraries": "\(LoadedLibraries.versions.joined(separator: ", "))",
            ])
        let programs = ServicePrograms(session.runner)
        let session = session.running(with: programs)
        var settings = try configuration(session)
        if let openFiles, let connections = settings.fit(into: openFiles) {
            logger.warning(
                "the limit of open files allows fewer connections than the default",
                metadata: ["files": .integer(openFiles), "connections": .integer(connections)])
        }
        let configuration = settings
        let now = WallClock.system
        let registries = try session.registryConfiguration(logger: logger)
        let git = session.git(trusting: try RegistryTrust(registries))
        return try await withContentOpener(registries) { opener in
            let service = try CapsuleService(
                configuration, opener: opener, renderer: try session.renderer(), git: git, now: now,
                programs: programs, logger: logger)
            try await service.run(
                listening: { host, port in
                    logger.info("listening", metadata: ["host": "\(host)", "port": .integer(port)])
                    // Only a port that the system chose is printed: stdout of a service with a fixed port stays empty.
                    if configuration.port == 0 { session.console.out(ListenAddress.text(host, port)) }
                }, reloads: hangups,
                until: { await session.stop.wait() })
            logger.info("stopped")
            return .ok
        }
    }

    private func configuration(_ session: Session) throws -> ServiceConfiguration {
        let files = settingsFiles(session)
        var configuration = ServiceConfiguration(
            settings: try files.read(), cacheDirectory: "\(try session.cacheDirectory())/serve")
        configuration.settingsFiles = files
        let address = try ListenAddress(listen, option: "--listen")
        (configuration.host, configuration.port) = (address.host, address.port)
        configuration.health = try observation.healthAddress().map { ($0.host, $0.port) }
        configuration.basePath = try parsedBasePath()
        configuration.version = ProgramVersion.current
        configuration.renderCacheDirectory = try session.renderCacheDirectory()
        if let tlsCertificate, let tlsKey {
            configuration.tls = .init(certificateFile: tlsCertificate, keyFile: tlsKey)
        }
        configuration.tokensFile = tokens
        configuration.allowsAnonymousVerify = anonymousVerify
        configuration.stateDirectory = state
        configuration.tagTTL = .seconds(tagTTL)
        configuration.reviewInterval = pruneReviews == 0 ? nil : .seconds(pruneReviews * 3_600)
        configuration.drainTime = .seconds(drain)
        configuration.graceTime = .seconds(grace)
        configuration.idleTime = .seconds(idleTime)
        configuration.limits.cacheSize = Int64(cacheSize) << 20
        return configuration
    }
}
