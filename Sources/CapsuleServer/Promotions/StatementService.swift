internal import CapsuleCore
internal import CapsuleTrust
internal import HTTPServer
internal import Promotion
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// Responds to `POST /v1/statements`: attaches to a capsule a statement that a stage holds it, for pipelines that push
/// on their own.
struct StatementService: Sendable {
    let settings: SettingsStore
    let deliveries: DeliveryService
    let metrics: ServiceMetrics

    /// The JSON document that a client reads.
    private struct Document: Encodable {
        var ok = false
        var stage: String
        var commit: CommitID?
        var reason: String?
        var statement: PromotionAttester.Report?
        var checks: [CheckResult]?
    }

    /// - Throws: `ServiceError`, and the errors of the libraries when the content of the stage is undetermined.
    func response(to body: StatementRequestBody) async throws -> ServiceResponse {
        let settings = settings.current
        for repository in try body.freight.repositories() { try settings.allowList.check(repository) }
        let remote = try settings.allowList.remote(body.gitops)
        var document = Document(stage: body.stage)
        do {
            switch try await deliveries.attest(
                try ReleaseVerification.Request(body.freight, signedBy: settings.keys), stage: body.stage,
                remote: remote,
                commit: body.commit)
            {
            case .holds(let commit, let statement):
                document.ok = statement.outcome != .missing
                document.commit = commit
                document.reason = statement.reason
                document.statement = statement
                return response(document.ok ? 200 : 503, document, statement.outcome.rawValue)
            case .holdsOther(let reason):
                // The push may not have arrived yet at the remote that the service reads.
                document.reason = reason
                return response(409, document, "other")
            case .refused(let reason):
                document.reason = reason
                return response(422, document, "refused")
            }
        } catch let rejection as VerificationRejection {
            document.reason = rejection.line
            document.checks = rejection.report.failures
            return response(422, document, "refused")
        }
    }

    private func response(_ status: Int, _ document: Document, _ outcome: String) -> ServiceResponse {
        metrics.statement(outcome)
        var document = document
        document.reason = document.reason?.escapedForDisplay()
        var response = ServiceResponse(status, document)
        response.reason = document.reason
        if status == 503 || status == 409 { response.retryAfter = 5 }
        return response
    }
}
