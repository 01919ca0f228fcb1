internal import CapsuleTrust
internal import Promotion
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// One promotion: the request and, once it has completed, the result. It is stored as a file until it is evicted.
struct PromotionJob: Codable, Sendable {
    enum State: String, Codable, Sendable {
        /// The promotion waits or runs.
        case running
        /// The stage branch, or its review branch, holds the release.
        case done
        /// A check, a gate, a proof or the remote rejected the promotion.
        case rejected
        /// The outcome is undetermined; a repeated request tries again.
        case failed
    }

    /// The details of a rejection.
    struct Report: Codable, Sendable {
        /// The checks that failed.
        var checks: [CheckResult]?
        /// The result of every gate.
        var gates: [GateResult]?
        /// The reasons why the render was rejected.
        var findings: [Finding]?
        /// The values of the package or the policy that the render overrides.
        var warnings: [Finding]?
    }

    /// The result of a promotion.
    struct Completion: Codable, Sendable {
        var state: State
        var reason: String?
        var receipt: PromotionReceipt?
        var report: Report?
    }

    /// The keys of the files, which an earlier version of the service may have written.
    private enum CodingKeys: String, CodingKey {
        case id
        case request = "order"
        case acceptedAt = "accepted"
        case completion = "ending"
        case completedAt = "ended"
        case isCollected = "collected"
    }

    let id: String
    var request: PromotionRequestBody
    /// The time of acceptance, in seconds since 1970; nil in files of earlier versions.
    var acceptedAt: Int64?
    var completion: Completion?
    /// The time of completion, in seconds since 1970.
    var completedAt: Int64?
    /// True when a client has read the result.
    var isCollected = false

    var state: State { completion?.state ?? .running }

    /// The JSON document that a client reads.
    struct Document: Codable, Sendable {
        var id: String
        var state: State
        var reason: String?
        var receipt: PromotionReceipt?
        var report: Report?
    }

    var document: Document {
        Document(
            id: id, state: state, reason: completion?.reason, receipt: completion?.receipt, report: completion?.report)
    }

    /// The HTTP status for the state.
    var status: Int {
        switch state {
        case .running: 202
        case .done: 200
        case .rejected: 422
        case .failed: 503
        }
    }
}

extension PromotionJob.Completion {
    /// The result for a report about a stage.
    init(_ report: ReleasePromotion.StageReport) {
        receipt = report.receipt
        if let warnings = report.warnings { self.report = .init(warnings: warnings) }
        switch report.receipt?.outcome {
        case .promoted, .unchanged, .review:
            // The stage holds the release. A repeated request writes the statement and changes nothing else.
            guard let statement = report.statement, statement.outcome == .missing else {
                state = .done
                return
            }
            state = .failed
            reason =
                "the stage holds the release, and the statement about it could not be written: "
                + (statement.reason ?? "no reason is known").escapedForDisplay()
            return
        case .contended: state = .failed
        case .refused, .rejected, nil: state = .rejected
        }
        let closed = report.gates.filter { !$0.ok }.map(\.description)
        let why = report.receipt?.reason ?? (closed + report.findings.map(\.description)).joined(separator: "; ")
        reason = why.split(separator: "\n").joined(separator: "; ").escapedForDisplay()
        self.report = .init(
            gates: report.gates.isEmpty ? nil : report.gates, findings: report.findings.isEmpty ? nil : report.findings,
            warnings: report.warnings)
    }

    /// The result of a promotion that ended with an error.
    init(_ error: any Error) {
        if let rejection = error as? VerificationRejection {
            state = .rejected
            reason = rejection.line
            report = .init(checks: rejection.report.failures)
        } else {
            let failure = ServiceError(error)
            state = failure.status == 422 || failure.status == 403 ? .rejected : .failed
            reason = failure.reason
        }
    }
}

extension VerificationRejection {
    /// The message and every finding, on one line.
    var line: String { ([message] + findings.map(\.message)).joined(separator: "; ").escapedForDisplay() }
}
