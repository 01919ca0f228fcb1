internal import CapsuleCore
internal import CapsuleDelivery
internal import CapsuleTrust
internal import OCI
internal import Signing

/// What `POST /v1/statements` asks for.
struct StatementOrder: Sendable {
    /// The release.
    let freight: Freight
    let stage: String
    /// The remote, as the service was told that it may be used.
    let gitops: String
    /// The commit whose policy the stage was rendered with.
    let commit: CommitID

    /// Parses a body.
    init(_ body: [UInt8]) throws(ServiceError) {
        let top = try RequestReader(body, keys: ["freight", "stage", "gitops"])
        freight = try Freight(top)
        stage = try top.required("stage", StageName.parse)
        (gitops, commit) = try top.gitops()
    }
}

/// Answers `POST /v1/statements`: states beside a capsule that a stage holds it, for pipelines that push by themselves.
struct StatementService: Sendable {
    let allowList: AllowList
    let deliveries: DeliveryService
    let keys: [VerificationKey]
    let metrics: ServiceMetrics

    /// What a client is told.
    private struct Document: Encodable {
        var ok: Bool
        var stage: String
        var commit: CommitID?
        var reason: String?
        var statement: PromotionNotary.Report?
        var checks: [CheckResult]?
    }

    /// - Throws: `ServiceError`, and what the libraries throw when it cannot be found out what the stage holds.
    func answer(_ order: StatementOrder) async throws -> Answer {
        for repository in try order.freight.repositories() { try allowList.check(repository) }
        let remote = try allowList.remote(order.gitops)
        do {
            let report = try await deliveries.attest(
                try ReleaseVerification.Request(order.freight, signedBy: keys), stage: order.stage, remote: remote,
                commit: order.commit)
            metrics.statement(report.statement?.outcome.rawValue ?? "refused")
            var answer = Answer(
                report.ok ? 200 : report.statement == nil ? 422 : 503,
                Document(
                    ok: report.ok, stage: report.stage, commit: report.commit, reason: report.reason?.printable(),
                    statement: report.statement))
            if answer.status == 503 { answer.retryAfter = 5 }
            return answer
        } catch let rejection as VerificationRejection {
            metrics.statement("refused")
            return Answer(
                422,
                Document(
                    ok: false, stage: order.stage, reason: rejection.message.printable(),
                    checks: rejection.report.failures))
        }
    }
}
