internal import DeliveryConfiguration
package import GitOps
internal import HTTPServer
package import Logging
package import OCI
package import Rendering
internal import Support

/// `capsule serve`: the verifier and promoter as an HTTP service.
///
/// It stores nothing that another replica needs: only a cache of capsules, which is verified on every read, and its
/// promotions, which change nothing when they are carried out twice.
package struct CapsuleService: Sendable {
    private let configuration: ServiceConfiguration
    private let clock: ServiceClock
    private let logger: Logger
    private let lifecycle = Lifecycle()
    private let settings: SettingsStore
    private let promotions: PromotionService
    private let conditions: WorkConditions
    private let responder: ServiceResponder
    private let certificates: CertificateStore?
    private let reviews: ReviewPruner?

    /// Creates the service, and reads its tokens, its cache and its promotions.
    ///
    /// - Parameters:
    ///   - opener: opens registries.
    ///   - now: the time in seconds since 1970.
    ///   - clock: measures the age of cached values and limits how long work takes.
    ///   - programs: the runner that the renderer and Git use, for the metrics of what they take.
    /// - Throws: `CapsuleError`, `OCIError`
    package init(
        _ configuration: ServiceConfiguration, opener: any ContentOpener, renderer: Renderer, git: Git,
        now: @escaping @Sendable () -> Int64, clock: any Clock<Duration> = ContinuousClock(),
        programs: ServicePrograms? = nil, logger: Logger
    ) throws {
        self.configuration = configuration
        self.logger = logger
        let limits = configuration.limits
        let clock = ServiceClock(clock)
        self.clock = clock
        let metrics = ServiceMetrics(clock: clock)
        programs?.report(to: metrics)
        certificates = try configuration.tls.map { try CertificateStore($0, clock: clock, logger: logger) }
        let settings = SettingsStore(configuration.settings, from: configuration.settingsFiles, logger: logger)
        self.settings = settings
        let tokens = try TokenStore(
            path: configuration.tokensFile, anonymous: configuration.allowsAnonymousVerify ? [.verify] : [],
            clock: clock)
        let cacheDirectory = WorkDirectory(
            path: configuration.cacheDirectory, use: "the cache", setting: "--cache-dir")
        let cache = try Self.cache(in: cacheDirectory, limit: limits.cacheSize, metrics: metrics, logger: logger)
        let caching = CachingOpener(
            base: opener, cache: cache, tags: TagCache(age: configuration.tagTTL, limit: limits.tags, clock: clock),
            metrics: metrics)
        let deliveries = DeliveryService(
            opener: caching, renderer: renderer, git: git, cacheDirectory: "\(configuration.cacheDirectory)/git",
            limits: limits, settings: settings, statements: opener, clock: clock, now: now)
        reviews = configuration.reviewInterval.map {
            ReviewPruner(settings: settings, deliveries: deliveries, interval: $0, clock: clock, logger: logger)
        }
        let verify = VerifyService(
            settings: settings, opener: caching, deliveries: deliveries, limits: limits, clock: clock, metrics: metrics)
        let stateDirectory = configuration.stateDirectory ?? "\(configuration.cacheDirectory)/promotions"
        let store = try PromotionStore(directory: stateDirectory, limits: limits, now: now, logger: logger)
        conditions = WorkConditions(
            directories: [
                WorkDirectory(path: WorkDirectory.temporary, use: "temporary files", setting: "TMPDIR"),
                cacheDirectory,
                WorkDirectory(path: stateDirectory, use: "promotions", setting: "--state"),
            ], settings: settings, git: git, renderer: renderer, limits: limits, clock: clock,
            logger: logger)
        promotions = PromotionService(
            settings: settings, deliveries: deliveries, store: store, limits: limits, clock: clock, metrics: metrics,
            logger: logger)
        let sizes = CacheSizes(
            [("git", "\(configuration.cacheDirectory)/git")]
                + (configuration.renderCacheDirectory.map { [("renders", $0)] } ?? []), clock: clock)
        responder = ServiceResponder(
            basePath: configuration.basePath, verify: verify, promotions: promotions,
            statements: StatementService(settings: settings, deliveries: deliveries, metrics: metrics),
            settings: settings, tokens: tokens, lifecycle: lifecycle, conditions: conditions, metrics: metrics,
            cacheSizes: sizes, limits: limits, clock: clock, logger: logger)
        metrics.addProcess(version: configuration.version, started: now())
        metrics.addWork([
            ("verification", verify.limiter), ("render", deliveries.limiter), ("promotion", deliveries.promotions),
            ("lookup", deliveries.lookups),
        ])
        metrics.addCaches(cache, sizes)
        addMetrics(to: metrics, verdicts: verify.verdicts, now: now)
    }

    /// Opens the cache of capsules.
    ///
    /// - Throws: `OCIError.Code.io` with the option that names another directory when this one cannot be used.
    private static func cache(
        in directory: WorkDirectory, limit: Int64, metrics: ServiceMetrics, logger: Logger
    ) throws -> CapsuleCache {
        do {
            return try CapsuleCache(path: "\(directory.path)/capsules", limit: limit, metrics: metrics, logger: logger)
        } catch {
            // Readiness reports the same reason in the same words.
            throw directory.problem().map { OCIError(.io, $0, cause: error) } ?? error
        }
    }

    /// Adds the metrics of the service as a whole.
    private func addMetrics(to metrics: ServiceMetrics, verdicts: VerdictCache, now: @escaping @Sendable () -> Int64) {
        metrics.add("capsule_ready", "1 when /readyz is 200, otherwise 0.") { [responder] in
            responder.unreadiness == nil ? 1 : 0
        }
        metrics.add(
            "capsule_settings_last_reload_successful",
            "1 when the files of the allow-list, the keys and the policy could be used when they were last read; else 0."
        ) { [settings] in settings.problem == nil ? 1 : 0 }
        metrics.add("capsule_connections", "Open connections.") { [lifecycle] in Double(lifecycle.connections) }
        metrics.add("capsule_remembered_verdicts", "Cached verdicts.") { Double(verdicts.count) }
        metrics.add(
            "capsule_certificate_remaining_seconds",
            "Time until the first certificate of the chain in use expires; negative afterwards."
        ) { [certificates] in
            certificates?.context.notAfter.map { Double($0.subtractingClamped(now())) }
        }
    }

    /// Serves until `stop` returns, lets the requests and promotions that have begun complete, and returns.
    ///
    /// - Parameters:
    ///   - listening: called with the address once the service accepts requests.
    ///   - reloads: requests to read the settings again although no file has changed, each with its reason.
    ///   - stop: returns when the service is to stop.
    /// - Throws: `OCIError.Code.io` when it cannot listen on the address, or the certificate cannot be used.
    package func run(
        listening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void,
        reloads: AsyncStream<String> = AsyncStream { $0.finish() },
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let server = Server(serverConfiguration(), responder: responder)
        lifecycle.runs(server)
        try await withThrowingTaskGroup(of: Ended.self) { group in
            let (healthServes, healthListens) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                defer { healthListens.finish() }
                try await serveHealth {
                    healthListens.yield()
                    healthListens.finish()
                }
                return .watch
            }
            group.addTask { [promotions] in
                // Requests may begin promotions until the server has ended.
                defer { promotions.finish() }
                try await serve(server) { host, port in
                    for await _ in healthServes { await listening(host, port) }
                }
                return .work
            }
            group.addTask { [promotions] in
                try await promotions.run()
                return .work
            }
            group.addTask { await end(server, after: stop) }
            group.addTask { [conditions] in
                await conditions.watch()
                return .watch
            }
            group.addTask { [reviews] in
                await reviews?.run()
                return .watch
            }
            group.addTask { [settings] in
                for await reason in reloads { await awaitBlocking { settings.refresh(onRequest: reason) } }
                return .watch
            }
            // The server and the promotions end after `stop`, or when one of them fails.
            var running = 2
            while running > 0, let ended = try await group.next() {
                switch ended {
                case .work: running -= 1
                case .grace: group.cancelAll()
                case .watch: break
                }
            }
            group.cancelAll()
        }
    }

    private enum Ended {
        /// The server or the promotions.
        case work
        /// The grace period after `stop`.
        case grace
        /// A task that ends only when it is cancelled: the checks of conditions, the requests to read the settings, or the
        /// server for probes.
        case watch
    }

    private func serve(
        _ server: Server, _ listening: @Sendable (_ host: String, _ port: Int) async -> Void
    ) async throws(OCIError) {
        do throws(ServerError) {
            try await server.run { port in
                // The server answers probes already. The address is announced only when `/readyz` has its first result.
                await conditions.firstCheck()
                await listening(configuration.host, port)
            }
        } catch {
            throw OCIError(.io, error.message, cause: error)
        }
    }

    /// Serves probes and metrics on their own port until the task is cancelled, also while work ends. This server has a thread
    /// and a limit of connections of its own.
    private func serveHealth(_ listening: @escaping @Sendable () -> Void) async throws(OCIError) {
        guard let (host, port) = configuration.health else { return listening() }
        var settings = HTTPServer.ServerConfiguration(host: host, port: port)
        settings.limits = configuration.limits.health
        do throws(ServerError) {
            try await Server(settings, responder: HealthResponder(service: responder)).run { [logger] port in
                logger.info("listening for probes", metadata: ["host": .text(host), "port": .integer(port)])
                listening()
            }
        } catch {
            throw OCIError(.io, error.message, cause: error)
        }
    }

    /// Drains and stops the server after `stop`, and returns at the end of the grace period.
    private func end(_ server: Server, after stop: @Sendable () async -> Void) async -> Ended {
        await stop()
        guard !Task.isCancelled else { return .grace }
        logger.info("stopping", metadata: ["grace": "\(configuration.graceTime.components.seconds)"])
        lifecycle.drain()
        try? await clock.sleep(for: configuration.drainTime)
        server.stop(grace: configuration.graceTime)
        try? await clock.sleep(for: configuration.graceTime)
        return .grace
    }

    private func serverConfiguration() -> HTTPServer.ServerConfiguration {
        var server = HTTPServer.ServerConfiguration(host: configuration.host, port: configuration.port)
        if let certificates { server.certificate = { certificates.context } }
        server.limits = configuration.limits.http
        return server
    }
}
