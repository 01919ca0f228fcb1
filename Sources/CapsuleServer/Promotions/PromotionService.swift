internal import CapsuleTrust
internal import GitOps
internal import HTTPServer
internal import Logging
internal import OCI
internal import Promotion
internal import ReleaseWorkflows
internal import Signing

/// Carries out promotions: one at a time for each stage, and in parallel for different stages.
///
/// A promotion that had begun before a restart is carried out again, until it ends with a result that is not an outage: nobody
/// may be left to repeat the request. A promotion that runs twice changes nothing the second time.
final class PromotionService: Sendable {
    private let settings: SettingsStore
    private let deliveries: DeliveryService
    private let store: PromotionStore
    private let limits: ServiceLimits
    private let clock: ServiceClock
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let work: AsyncStream<Work>
    private let begin: AsyncStream<Work>.Continuation

    private enum Work {
        case promotion(PromotionJob)
        /// A promotion from before a restart, with the pause after this try.
        case resumed(PromotionJob, pause: Duration)
        /// A promotion from before a restart that met an outage.
        case paused(PromotionJob, pause: Duration)
    }

    init(
        settings: SettingsStore, deliveries: DeliveryService, store: PromotionStore, limits: ServiceLimits,
        clock: ServiceClock, metrics: ServiceMetrics, logger: Logger
    ) {
        self.settings = settings
        self.deliveries = deliveries
        self.store = store
        self.limits = limits
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        (work, begin) = AsyncStream.makeStream(of: Work.self)
    }

    /// The error for a request whose policy commit is still unknown after the head of the policy branch was read.
    private static let noCommit = ServiceError(500, "the commit of the policy was not resolved; report this as a bug")

    /// Responds to `POST /v1/promotions`.
    ///
    /// - Throws: `ServiceError`, and the errors of the libraries when the policy cannot be read.
    func response(to body: PromotionRequestBody) async throws -> ServiceResponse {
        let allowList = settings.current.allowList
        for repository in try body.freight.repositories() { try allowList.check(repository) }
        let remote = try allowList.remote(body.gitops.repository)
        var request = await store.resolved(body)
        if request.gitops.commit == nil { request.gitops.commit = try await deliveries.policy(of: remote) }
        guard let id = request.id else { throw Self.noCommit }
        switch try await store.accept(request, id: id) {
        case .begin(let job):
            begin.yield(.promotion(job))
            return Self.response(job)
        case .known(let job): return Self.response(job)
        case .conflict(let other):
            var response = ServiceResponse(
                ServiceError(
                    409,
                    "promotion \(other.id) of \(other.request.freight.capsule.tag) to stage \(other.request.stage) is "
                        + "running; repeat the request when it has completed", retryAfter: 5))
            response.promotion = id
            return response
        }
    }

    /// Responds to `GET /v1/promotions/{id}`.
    func response(id: String) async -> ServiceResponse {
        guard let job = await store.job(id) else {
            return ServiceResponse(
                ServiceError(404, "this service has no promotion with that id; request the promotion again with POST"))
        }
        return Self.response(job)
    }

    private static func response(_ job: PromotionJob) -> ServiceResponse {
        var response = ServiceResponse(job.status, job.document)
        response.reason = job.document.reason
        response.promotion = job.id
        response.stage = job.request.stage
        if job.state == .running { response.retryAfter = 1 }
        if job.state == .failed { response.retryAfter = 5 }
        return response
    }

    /// Carries out promotions until `finish` is called, and returns when the last of them has completed. A cancelled
    /// promotion is resumed at the next start.
    func run() async throws {
        for job in await store.pending { begin.yield(.resumed(job, pause: limits.retryPause)) }
        try await withThrowingDiscardingTaskGroup { group in
            await withDiscardingTaskGroup { pauses in
                for await work in work {
                    switch work {
                    case .promotion(let job): group.addTask { try await self.carryOut(job) }
                    case .resumed(let job, let pause):
                        group.addTask { try await self.carryOut(job, pause: pause) }
                    case .paused(let job, let pause):
                        pauses.addTask { await self.rest(job, pause) }
                    }
                }
                // What waits for its next try is left for the next start.
                pauses.cancelAll()
            }
        }
    }

    /// Waits between two tries of a promotion.
    private func rest(_ job: PromotionJob, _ pause: Duration) async {
        guard (try? await clock.sleep(for: pause)) != nil, await store.resume(job.id) else { return }
        begin.yield(.resumed(job, pause: min(pause * 2, limits.maximumRetryPause)))
    }

    /// Starts no further promotions.
    func finish() { begin.finish() }

    /// - Parameter pause: the time until the next try after an outage; nil for a promotion whose client repeats it.
    private func carryOut(_ job: PromotionJob, pause: Duration? = nil) async throws {
        var logger = logger
        logger[metadataKey: "promotion"] = "\(job.id)"
        logger[metadataKey: "stage"] = "\(job.request.stage)"
        let completion: PromotionJob.Completion
        var failure: FailureReason?
        var begun = clock.now
        do {
            completion = try await deliveries.promotions.run(on: hosts(job.request)) {
                begun = clock.now
                logger.info("promotion begins", metadata: ["release": "\(job.request.freight.capsule.tag)"])
                let report = try await withDeadline(limits.promotionTime, clock: clock) {
                    try await self.promote(job.request, acceptedAt: pause == nil ? nil : job.acceptedAt)
                }
                return PromotionJob.Completion(report)
            }
            // The remote had another commit each time, or the statement could not be written.
            if completion.state == .failed {
                failure = completion.receipt?.outcome == .contended ? .git : .registry
            }
        } catch is CancellationError {
            // The service stops. The state of the promotion in its file is still `running`.
            return logger.info("promotion is left for the next start")
        } catch {
            if Task.isCancelled { return logger.info("promotion is left for the next start") }
            completion = PromotionJob.Completion(error)
            if completion.state == .failed { failure = ServiceError(error).failure }
        }
        if let pause, completion.state == .failed {
            logger.warning(
                "promotion is tried again",
                metadata: [
                    "seconds": "\(pause.components.seconds)", "reason": .text(completion.reason ?? ""),
                ])
            await store.pause(job.id)
            begin.yield(.paused(job, pause: pause))
            return
        }
        let outcome = completion.receipt?.outcome.rawValue ?? completion.state.rawValue
        metrics.promotion(outcome, took: clock.now - begun)
        if let failure { metrics.failure(failure) }
        logger.info("promotion ended", metadata: ["outcome": "\(outcome)", "reason": "\(completion.reason ?? "")"])
        await store.complete(job.id, completion)
    }

    /// The hosts that a promotion waits for, as far as they are allowed.
    private func hosts(_ request: PromotionRequestBody) -> Set<String> {
        let remote = try? settings.current.allowList.remote(request.gitops.repository)
        let repositories = (try? request.freight.repositories()) ?? []
        return Set(repositories.map(\.host) + [remote?.host].compactMap { $0 })
    }

    private func promote(
        _ request: PromotionRequestBody, acceptedAt: Int64?
    ) async throws -> ReleasePromotion.StageReport {
        // The repositories are checked again: a promotion that waited or is resumed may no longer be allowed.
        let settings = settings.current
        for repository in try request.freight.repositories() { try settings.allowList.check(repository) }
        guard let commit = request.gitops.commit else { throw Self.noCommit }
        return try await deliveries.promote(
            try ReleaseVerification.Request(request.freight, signedBy: settings.keys), stage: request.stage,
            rollback: request.rollback, remote: try settings.allowList.remote(request.gitops.repository),
            commit: commit, acceptedAt: acceptedAt)
    }
}
