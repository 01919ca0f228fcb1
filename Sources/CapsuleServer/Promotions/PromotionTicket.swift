internal import CapsuleTrust
internal import Promotion
internal import ReleaseWorkflows
internal import Signing
internal import Support

/// A promotion: what was asked for, and what became of it. Kept as a file until it is forgotten.
struct PromotionTicket: Codable, Sendable {
    enum State: String, Codable, Sendable {
        /// It waits or runs.
        case running
        /// The stage, or its review branch, holds the release.
        case done
        /// A check, a gate, a proof or the remote says no.
        case rejected
        /// It could not be found out; asking again tries again.
        case failed
    }

    /// Why a promotion was rejected, in full.
    struct Report: Codable, Sendable {
        /// The checks that failed.
        var checks: [CheckResult]?
        /// What every gate says.
        var gates: [GateResult]?
        /// Why the render is refused.
        var findings: [Finding]?
    }

    /// What it ended with.
    struct Ending: Codable, Sendable {
        var state: State
        var reason: String?
        var receipt: PromotionReceipt?
        var report: Report?
    }

    let id: String
    var order: PromotionOrder
    var ending: Ending?
    /// When it ended, in seconds since 1970.
    var ended: Int64?
    /// Whether somebody was told how it ended.
    var collected = false

    var state: State { ending?.state ?? .running }

    /// What a client is told.
    struct Document: Codable, Sendable {
        var id: String
        var state: State
        var reason: String?
        var receipt: PromotionReceipt?
        var report: Report?
    }

    var document: Document {
        Document(
            id: id, state: state, reason: ending?.reason, receipt: ending?.receipt, report: ending?.report)
    }

    /// The HTTP status that goes with the state.
    var status: Int {
        switch state {
        case .running: 202
        case .done: 200
        case .rejected: 422
        case .failed: 503
        }
    }
}

extension PromotionTicket.Ending {
    /// What a stage report says.
    init(_ report: ReleasePromotion.StageReport) {
        receipt = report.receipt
        switch report.receipt?.outcome {
        case .promoted, .unchanged, .review:
            // The stage holds the release. Asking again writes the statement, and moves nothing.
            guard let statement = report.statement, statement.outcome == .missing else {
                state = .done
                return
            }
            state = .failed
            reason =
                "the stage holds the release, and the statement about it could not be written: "
                + (statement.reason ?? "no reason is known").printable()
            return
        case .contended: state = .failed
        case .refused, .rejected, nil: state = .rejected
        }
        let shut = report.gates.filter { !$0.ok }.map(\.description)
        let why = report.receipt?.reason ?? (shut + report.findings.map(\.description)).joined(separator: "; ")
        reason = why.split(separator: "\n").joined(separator: "; ").printable()
        self.report = .init(
            gates: report.gates.isEmpty ? nil : report.gates, findings: report.findings.isEmpty ? nil : report.findings)
    }

    /// What an error says.
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
    /// What was rejected, and every reason, on one line.
    var line: String { ([message] + findings.map(\.message)).joined(separator: "; ").printable() }
}
