internal import CapsuleTrust
internal import HTTPServer
internal import Logging
internal import Promotion
internal import ReleaseWorkflows
internal import Signing

/// Carries out promotions: one at a time for each stage, and in parallel for different stages.
///
/// A promotion that had begun before a restart is carried out again; a promotion that runs twice changes nothing the
/// second time.
final class PromotionService: Sendable {
    private let allowList: AllowList
    private let deliveries: DeliveryService
    private let store: PromotionStore
    private let keys: [VerificationKey]
    private let limits: ServiceLimits
    private let clock: ServiceClock
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let work: AsyncStream<PromotionJob>
    private let begin: AsyncStream<PromotionJob>.Continuation

    init(
        allowList: AllowList, deliveries: DeliveryService, store: PromotionStore, keys: [VerificationKey],
        limits: ServiceLimits, clock: ServiceClock, metrics: ServiceMetrics, logger: Logger
    ) {
        self.allowList = allowList
        self.deliveries = deliveries
        self.store = store
        self.keys = keys
        self.limits = limits
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        (work, begin) = AsyncStream.makeStream(of: PromotionJob.self)
    }

    /// Responds to `POST /v1/promotions`.
    ///
    /// - Throws: `ServiceError`, and the errors of the libraries when the policy cannot be read.
    func response(to body: PromotionRequestBody) async throws -> ServiceResponse {
        for repository in try body.freight.repositories() { try allowList.check(repository) }
        let remote = try allowList.remote(body.gitops.repository)
        var request = await store.resolved(body)
        if request.gitops.commit == nil { request.gitops.commit = try await deliveries.policy(of: remote) }
        guard let id = request.id else { throw ServiceError(500, "the policy has no commit") }
        switch try await store.accept(request, id: id) {
        case .begin(let job):
            begin.yield(job)
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
        for job in await store.pending { begin.yield(job) }
        try await withThrowingDiscardingTaskGroup { group in
            for await job in work {
                group.addTask { try await self.carryOut(job) }
            }
        }
    }

    /// Starts no further promotions.
    func finish() { begin.finish() }

    private func carryOut(_ job: PromotionJob) async throws {
        var logger = logger
        logger[metadataKey: "promotion"] = "\(job.id)"
        logger[metadataKey: "stage"] = "\(job.request.stage)"
        let completion: PromotionJob.Completion
        var failure: FailureReason?
        var begun = clock.now
        do {
            completion = try await deliveries.promotions.run {
                begun = clock.now
                logger.info("promotion begins", metadata: ["release": "\(job.request.freight.capsule.tag)"])
                let report = try await withDeadline(limits.promotionTime, clock: clock) {
                    try await self.promote(job.request)
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
        let outcome = completion.receipt?.outcome.rawValue ?? completion.state.rawValue
        metrics.promotion(outcome, took: clock.now - begun)
        if let failure { metrics.failure(failure) }
        logger.info("promotion ended", metadata: ["outcome": "\(outcome)", "reason": "\(completion.reason ?? "")"])
        await store.complete(job.id, completion)
    }

    private func promote(_ request: PromotionRequestBody) async throws -> ReleasePromotion.StageReport {
        // The repositories are checked again: a promotion that is resumed after a restart may no longer be allowed.
        for repository in try request.freight.repositories() { try allowList.check(repository) }
        guard let commit = request.gitops.commit else { throw ServiceError(500, "the policy has no commit") }
        return try await deliveries.promote(
            try ReleaseVerification.Request(request.freight, signedBy: keys), stage: request.stage,
            rollback: request.rollback, remote: try allowList.remote(request.gitops.repository), commit: commit)
    }
}
