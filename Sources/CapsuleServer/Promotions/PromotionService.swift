internal import CapsuleTrust
internal import HTTPServer
internal import Logging
internal import Promotion
internal import ReleaseWorkflows
internal import Signing

/// Takes promotions, carries them out one by one for each stage and side by side for different ones, and says what became of
/// them. What was begun before a restart is carried out again: a promotion that is done twice changes nothing the second time.
final class PromotionService: Sendable {
    private let allowList: AllowList
    private let deliveries: DeliveryService
    private let book: PromotionBook
    private let keys: [VerificationKey]
    private let limits: ServiceLimits
    private let metrics: ServiceMetrics
    private let logger: Logger
    private let work: AsyncStream<PromotionTicket>
    private let begin: AsyncStream<PromotionTicket>.Continuation

    init(
        allowList: AllowList, deliveries: DeliveryService, book: PromotionBook, keys: [VerificationKey],
        limits: ServiceLimits, metrics: ServiceMetrics, logger: Logger
    ) {
        self.allowList = allowList
        self.deliveries = deliveries
        self.book = book
        self.keys = keys
        self.limits = limits
        self.metrics = metrics
        self.logger = logger
        (work, begin) = AsyncStream.makeStream(of: PromotionTicket.self)
    }

    /// Answers `POST /v1/promotions`.
    ///
    /// - Throws: `ServiceError`, and what the libraries throw when the policy cannot be read.
    func answer(_ asked: PromotionOrder) async throws -> Answer {
        for repository in try asked.freight.repositories() { try allowList.check(repository) }
        let remote = try allowList.remote(asked.gitops.repository)
        var order = await book.resolved(asked)
        if order.gitops.commit == nil { order.gitops.commit = try await deliveries.policy(of: remote) }
        guard let id = order.id else { throw ServiceError(500, "the policy has no commit") }
        switch try await book.take(order, id: id) {
        case .begin(let ticket):
            begin.yield(ticket)
            return Self.answer(ticket)
        case .known(let ticket): return Self.answer(ticket)
        case .conflict(let other):
            return Answer(
                ServiceError(
                    409,
                    "promotion \(other.id) of \(other.order.freight.capsule.tag) to stage \(other.order.stage) is under "
                        + "way; ask again when it has ended", retryAfter: 5))
        }
    }

    /// Answers `GET /v1/promotions/{id}`.
    func answer(id: String) async -> Answer {
        guard let ticket = await book.ticket(id) else {
            return Answer(ServiceError(404, "this service knows no promotion of that id; ask for it again by POST"))
        }
        return Self.answer(ticket)
    }

    private static func answer(_ ticket: PromotionTicket) -> Answer {
        var answer = Answer(ticket.status, ticket.document)
        answer.reason = ticket.document.reason
        if ticket.state == .running { answer.retryAfter = 1 }
        if ticket.state == .failed { answer.retryAfter = 5 }
        return answer
    }

    /// Carries out what is begun until `finish`, and returns when it has ended. What a cancellation ends is left for the next
    /// start.
    func run() async throws {
        for ticket in await book.pending { begin.yield(ticket) }
        try await withThrowingDiscardingTaskGroup { group in
            for await ticket in work {
                group.addTask { try await self.carryOut(ticket) }
            }
        }
    }

    /// Begins nothing more.
    func finish() { begin.finish() }

    private func carryOut(_ ticket: PromotionTicket) async throws {
        var logger = logger
        logger[metadataKey: "promotion"] = "\(ticket.id)"
        logger[metadataKey: "stage"] = "\(ticket.order.stage)"
        let ending: PromotionTicket.Ending
        do {
            ending = try await deliveries.admission.run(always: true) {
                logger.info("promotion begins", metadata: ["release": "\(ticket.order.freight.capsule.tag)"])
                let report = try await withDeadline(limits.promotionTime) { try await self.promote(ticket.order) }
                return PromotionTicket.Ending(report)
            }
        } catch is CancellationError {
            // The service stops: the file says that this is still to be done.
            return logger.info("promotion is left for the next start")
        } catch {
            if Task.isCancelled { return logger.info("promotion is left for the next start") }
            ending = PromotionTicket.Ending(error)
        }
        let outcome = ending.receipt?.outcome.rawValue ?? ending.state.rawValue
        metrics.promotion(outcome)
        logger.info("promotion ended", metadata: ["outcome": "\(outcome)", "reason": "\(ending.reason ?? "")"])
        await book.end(ticket.id, ending)
    }

    private func promote(_ order: PromotionOrder) async throws -> ReleasePromotion.StageReport {
        // Asked again: what is begun after a restart may no longer be allowed.
        for repository in try order.freight.repositories() { try allowList.check(repository) }
        guard let commit = order.gitops.commit else { throw ServiceError(500, "the policy has no commit") }
        return try await deliveries.promote(
            try ReleaseVerification.Request(order.freight, signedBy: keys), stage: order.stage,
            rollback: order.rollback,
            remote: try allowList.remote(order.gitops.repository), commit: commit)
    }
}
