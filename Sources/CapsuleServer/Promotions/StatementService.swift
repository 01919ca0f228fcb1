internal import CapsuleCore
internal import CapsuleTrust
internal import HTTPServer
internal import Promotion
internal import ReleaseWorkflows
internal import Signing
internal import Support

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
        var ok = false
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
        var document = Document(stage: order.stage)
        do {
            switch try await deliveries.attest(
                try ReleaseVerification.Request(order.freight, signedBy: keys), stage: order.stage, remote: remote,
                commit: order.commit)
            {
            case .holds(let commit, let statement):
                document.ok = statement.outcome != .missing
                document.commit = commit
                document.reason = statement.reason
                document.statement = statement
                return answer(document.ok ? 200 : 503, document, statement.outcome.rawValue)
            case .holdsOther(let reason):
                // The push may be under way to where the service reads.
                document.reason = reason
                return answer(409, document, "other")
            case .refused(let reason):
                document.reason = reason
                return answer(422, document, "refused")
            }
        } catch let rejection as VerificationRejection {
            document.reason = rejection.line
            document.checks = rejection.report.failures
            return answer(422, document, "refused")
        }
    }

    private func answer(_ status: Int, _ document: Document, _ outcome: String) -> Answer {
        metrics.statement(outcome)
        var document = document
        document.reason = document.reason?.printable()
        var answer = Answer(status, document)
        answer.reason = document.reason
        if status == 503 || status == 409 { answer.retryAfter = 5 }
        return answer
    }
}
