internal import CapsuleServer
internal import CommandParser
internal import DeliveryConfiguration
internal import FoundationEssentials
internal import GitOps
internal import Logging
internal import ReleaseWorkflows
internal import Support
internal import Synchronization

/// `capsule serve`
struct ServeCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer verifications and promotions over HTTP, for pipelines and for Kargo.",
        discussion: """
            POST /verify runs the chain of `capsule verify`, POST /v1/promotions does what `capsule promote` does, and POST \
            /v1/statements attests what others pushed; GET /openapi.json describes them. Requests may name nothing that is \
            not allowed here, and need a token. The log on stderr is JSON, one object a line; the address is printed on \
            stdout once it answers. SIGTERM ends what runs, then the service.

            Example:
              capsule serve --tokens tokens.yaml \\
                --allow-repository registry.example.com/shop \\
                --allow-remote https://git.example.com/platform/gitops.git
              capsule serve --config capsule.yaml --anonymous-verify --listen 127.0.0.1:0
            """)

    @Option(help: ArgumentHelp("The address to listen on; port 0 takes a free one.", valueName: "host:port"))
    var listen = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "A registry or repository that requests may name, and what is below it; repeat it for several.",
            valueName: "prefix"))
    var allowRepository: [String] = []

    @Option(
        help: ArgumentHelp("A GitOps repository that requests may name; repeat it for several.", valueName: "url"))
    var allowRemote: [String] = []

    @Option(
        help: ArgumentHelp(
            "A public key (PEM) that must have signed each release, for the repository that it is read from; with several, "
                + "one of them must have. What the policy of a stage asks for comes on top.", valueName: "file"),
        completion: .file(extensions: ["pub", "pem"]))
    var key: [String] = []

    @Option(
        help: ArgumentHelp(
            "The tokens and their roles, a YAML file that is read again when it changes.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var tokens: String?

    @Option(
        help: ArgumentHelp(
            "The policy that promotions need evidence by, key files beside it (default: policy: of each GitOps repository's "
                + "capsule.yaml).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var policy: String?

    @OptionGroup(title: "Statements about promotions") var statement: StatementKeyOptions

    @Flag(help: "Verify without a token.")
    var anonymousVerify = false

    @Option(help: ArgumentHelp("The certificate for TLS, a PEM file.", valueName: "file"), completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Its key, a PEM file.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Where promotions are written down until they have ended (default: in the cache).", valueName: "dir"),
        completion: .directory)
    var state: String?

    @Option(help: ArgumentHelp("The most MiB of capsules to keep.", valueName: "n"))
    var cacheSize = 1_024

    @Option(
        help: ArgumentHelp(
            "For how many seconds to remember what a tag names; 0 asks every time.", valueName: "seconds"))
    var tagTTL = 10

    @Option(
        help: ArgumentHelp(
            "For how many seconds to go on taking requests when asked to stop, while /readyz says no.",
            valueName: "seconds"))
    var drain = 2

    @Option(help: ArgumentHelp("How many seconds what runs then may take to end.", valueName: "seconds"))
    var grace = 30

    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    var stopsGracefully: Bool { true }

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        if tokens == nil, !anonymousVerify {
            throw ValidationError(
                "give --tokens FILE, or --anonymous-verify to verify for anybody and promote for nobody")
        }
        for (name, value) in [
            ("--tag-ttl", tagTTL), ("--drain", drain), ("--grace", grace), ("--cache-size", cacheSize),
        ]
        where !(0...86_400).contains(value) {
            throw ValidationError("\(name) \(value) is not from 0 to 86400")
        }
        _ = try address()
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        OpenFiles.takeAll()
        let logger = Self.logger(global)
        logger.info(
            "starting",
            metadata: [
                "version": "\(Capsule.version)", "libraries": "\(LoadedLibraries.versions.joined(separator: ", "))",
            ])
        let configuration = try configuration(session)
        let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
        return try await session.opener(logger: logger) { opener in
            let service = try CapsuleService(
                configuration, opener: opener, renderer: try session.renderer(), git: session.git, now: now,
                logger: logger)
            try await service.run(
                listening: { host, port in
                    logger.info("listening", metadata: ["host": "\(host)", "port": "\(port)"])
                    session.console.out("\(host.contains(":") ? "[\(host)]" : host):\(port)")
                },
                until: { await session.stop.wait() })
            logger.info("stopped")
            return .ok
        }
    }

    private func configuration(_ session: Session) throws -> ServiceConfiguration {
        let remotes = try allowRemote.map { try GitRemote($0, plainHTTPHosts: Set(global.plainHTTP)) }
        var allowed = try AllowList(repositories: allowRepository, remotes: remotes)
        if let named = try session.namedConfiguration() { allowed = allowed.adding(try AllowList(named)) }
        guard !allowed.isEmpty else {
            throw UsageError(
                "nothing is allowed, so nothing could be answered; give --allow-repository, or --config for what one "
                    + "capsule.yaml names")
        }
        var configuration = ServiceConfiguration(
            allowList: allowed, cacheDirectory: "\(try session.cacheDirectory())/serve")
        (configuration.host, configuration.port) = try address()
        if let tlsCertificate, let tlsKey {
            configuration.tls = .init(certificateFile: tlsCertificate, keyFile: tlsKey)
        }
        configuration.keys = try TrustOptions.keys(key)
        configuration.attestKey = try statement.key(session)
        configuration.tokensFile = tokens
        configuration.allowsAnonymousVerify = anonymousVerify
        configuration.stateDirectory = state
        configuration.policy = try policy.map { try PolicyOptions.load($0) }
        configuration.tagTTL = .seconds(tagTTL)
        configuration.drainTime = .seconds(drain)
        configuration.graceTime = .seconds(grace)
        configuration.limits.cacheSize = Int64(cacheSize) << 20
        return configuration
    }

    private func address() throws -> (host: String, port: Int) {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            throw ValidationError("--listen \(quoted(listen)) is not host:port; write 127.0.0.1:8080")
        }
        var host = listen[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw ValidationError("--listen \(quoted(listen)) names no host; write 0.0.0.0 for all")
        }
        return (String(host), Int(port))
    }

    private static func logger(_ options: GlobalOptions) -> Logger {
        let log = JSONLog(
            now: { Int64(Date().timeIntervalSince1970) }, write: { Console.write($0, to: .error) })
        return log.logger(level: options.verbose ? .debug : .info)
    }
}
