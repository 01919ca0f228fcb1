internal import CapsuleCore
internal import CapsuleTrust
internal import GitOps
internal import OCI
internal import Promotion
package import ReleaseWorkflows
internal import Rendering

extension ReleasePromotion.Report {
    /// The report as text: the freight, then the gates, the changes and the outcome of each stage.
    ///
    /// - Parameter color: true colours the diff.
    package func text(color: Bool = false) -> String {
        var out = ReportLines()
        out.add([
            "release  \(freight.capsule.tag)", "capsule  \(freight.capsule.repoURL)@\(freight.capsule.digest)",
            "image    \(freight.image.repoURL)@\(freight.image.digest)",
            "policy   \(gitops.repository) at \(gitops.commit.short)",
        ])
        for stage in stages {
            out.add(["", "\(stage.stage)"])
            Self.add(stage, to: &out, color: color)
        }
        return out.text
    }

    private static func add(_ stage: ReleasePromotion.StageReport, to out: inout ReportLines, color: Bool) {
        out.add(stage.gates.map { "\(ReportMark($0.ok)) \($0)" })
        out.add(stage.findings.map { "\(ReportMark.failed) \($0)" })
        out.add((stage.warnings ?? []).map { "\(ReportMark.warning) \($0)" })
        if let diff = stage.diff, stage.change == .commit {
            out.add(report: diff.text(color: color), indent: "  ")
            out.trim()
        }
        out.add("\(ReportMark(stage.ok)) \(outcome(stage))")
        switch stage.statement?.outcome {
        case .added: out.add("\(ReportMark.ok) statement attached to the capsule")
        case .present: out.add("\(ReportMark.ok) statement was attached to the capsule before")
        case .missing:
            out.add(
                "\(ReportMark.failed) statement not attached: \(stage.statement?.reason ?? "unknown reason"); the stage holds the release: run the same command again to attach the statement"
            )
        case nil: break
        }
    }

    private static func outcome(_ stage: ReleasePromotion.StageReport) -> String {
        guard let receipt = stage.receipt else {
            return switch stage.change {
            case .commit: "would be promoted; nothing was pushed"
            case .none?: "unchanged: the stage holds exactly this"
            case .awaitsReview: "unchanged: the review branch holds exactly this"
            case .refused: "rejected: a gate is closed"
            case nil: "rejected: the render is rejected; nothing was pushed"
            }
        }
        let commit = receipt.commit.map { " is \($0.short)" } ?? ""
        switch receipt.outcome {
        case .promoted: return "promoted: \(receipt.branch)\(commit)"
        case .unchanged: return "unchanged: \(receipt.branch)\(commit)"
        case .review:
            guard let review = receipt.review else { return "awaits review" }
            let how = review.url.map { "open \($0)" } ?? "merge \(review.head) into \(review.base)"
            return "awaits review: \(review.head)\(commit); \(how)"
        case .refused: return "rejected: a gate is closed"
        case .rejected, .contended: return "not promoted: \(receipt.reason ?? receipt.outcome.rawValue)"
        }
    }
}
