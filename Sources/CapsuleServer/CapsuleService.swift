public import CapsuleDelivery
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import OCI
internal import ServiceLifecycle

/// `capsule serve`: the verifier and promoter as an HTTP service.
///
/// It keeps nothing that another replica would miss: a cache of capsules, which is verified when it is read, and the promotions
/// that it was asked for, which change nothing when they are carried out twice.
public struct CapsuleService: Sendable {
    private let configuration: ServiceConfiguration
    private let logger: Logger
    private let lifecycle = Lifecycle()
    private let promotions: PromotionService
    private let responder: ServiceResponder

    /// Puts the service together, and reads its tokens, its cache and its promotions.
    ///
    /// - Parameters:
    ///   - opener: opens registries.
    ///   - now: the time in seconds since 1970.
    /// - Throws: `CapsuleError`, `OCIError`
    public init(
        _ configuration: ServiceConfiguration, opener: any ContentOpener, renderer: Renderer, git: Git,
        now: @escaping @Sendable () -> Int64, logger: Logger
    ) throws {
        self.configuration = configuration
        self.logger = logger
        let limits = configuration.limits
        let metrics = ServiceMetrics()
        let tokens = try TokenStore(
            path: configuration.tokensFile, anonymous: configuration.allowsAnonymousVerify ? [.verify] : [])
        let cache = try CapsuleCache(
            path: "\(configuration.cacheDirectory)/capsules", limit: limits.cacheSize, metrics: metrics, logger: logger)
        let caching = CachingOpener(
            base: opener, cache: cache, tags: TagMemory(age: configuration.tagTTL, limit: limits.tags), metrics: metrics
        )
        let deliveries = DeliveryService(
            opener: caching, renderer: renderer, git: git, cacheDirectory: "\(configuration.cacheDirectory)/git",
            limits: limits, policy: configuration.policy,
            statements: configuration.attestKey.map { ($0, opener) }, now: now)
        let verify = VerifyService(
            allowList: configuration.allowList, opener: caching, deliveries: deliveries, keys: configuration.keys,
            limits: limits, metrics: metrics)
        let book = try PromotionBook(
            directory: configuration.stateDirectory ?? "\(configuration.cacheDirectory)/promotions", limits: limits,
            now: now, logger: logger)
        promotions = PromotionService(
            allowList: configuration.allowList, deliveries: deliveries, book: book, keys: configuration.keys,
            limits: limits, metrics: metrics, logger: logger)
        responder = ServiceResponder(
            verify: verify, promotions: promotions,
            statements: StatementService(
                allowList: configuration.allowList, deliveries: deliveries, keys: configuration.keys, metrics: metrics),
            tokens: tokens, lifecycle: lifecycle, metrics: metrics,
            limits: limits, logger: logger, now: now)
        metrics.gauge("capsule_cache_bytes") { cache.size }
        metrics.gauge("capsule_connections") { [lifecycle] in Int64(lifecycle.connections) }
        metrics.gauge("capsule_waiting_verifications") { Int64(verify.verifications.waiting) }
        metrics.gauge("capsule_waiting_deliveries") { Int64(deliveries.admission.waiting) }
        metrics.gauge("capsule_remembered_verdicts") { Int64(verify.memo.count) }
    }

    /// Serves until `stop` returns, ends what was begun, and returns.
    ///
    /// - Parameters:
    ///   - listening: is told the address, once requests are answered there.
    ///   - stop: returns when the service is to stop.
    /// - Throws: `OCIError.Code.io` when it cannot listen there, or the certificate cannot be used.
    public func run(
        listening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void,
        until stop: @escaping @Sendable () async -> Void
    ) async throws {
        let configuration = configuration
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let application = Application(
            responder: responder, server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1_024),
            onServerRunning: { channel in
                await listening(configuration.host, channel.localAddress?.port ?? configuration.port)
            },
            logger: quiet)
        var group = ServiceGroupConfiguration(services: [promotions, application], logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.graceTime
        let services = ServiceGroup(configuration: group)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await services.run()
                } catch let error as IOError {
                    throw OCIError(
                        .io, "cannot listen on \(configuration.host):\(configuration.port): \(error)", cause: error)
                }
            }
            group.addTask {
                await stop()
                guard !Task.isCancelled else { return }
                logger.info("stopping", metadata: ["grace": "\(configuration.graceTime.components.seconds)"])
                lifecycle.drain()
                try? await Task.sleep(for: configuration.drainTime)
                await services.triggerGracefulShutdown()
            }
            // The services end by themselves only when one of them fails.
            try await group.next()
            try await group.next()
        }
    }

    private func server() throws -> HTTPServerBuilder {
        let certificates = try configuration.tls.map { try CertificateStore($0, logger: logger) }
        return HTTPServerBuilder { [responder] in
            GuardedChannel($0, service: responder, certificates: certificates)
        }
    }
}
