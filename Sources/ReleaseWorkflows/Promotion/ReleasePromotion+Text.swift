internal import CapsuleCore
internal import CapsuleTrust
internal import Promotion
internal import Rendering

extension ReleasePromotion.Report {
    /// The report for a person: the freight once, then for each stage its gates, the changes, and the outcome.
    ///
    /// - Parameter color: true to colour the diff.
    public func text(color: Bool = false) -> String {
        var lines = [
            "release  \(freight.capsule.tag)", "capsule  \(freight.capsule.repoURL)@\(freight.capsule.digest)",
            "image    \(freight.image.repoURL)@\(freight.image.digest)",
            "policy   \(gitops.repository) at \(gitops.commit.short)",
        ]
        for stage in stages { lines += ["", "\(stage.stage)"] + Self.lines(stage, dryRun: dryRun, color: color) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ stage: ReleasePromotion.StageReport, dryRun: Bool, color: Bool) -> [String] {
        var lines = stage.gates.map { "\($0.ok ? "✓" : "✗") \($0)" }
        lines += stage.findings.map { "✗ \($0)" }
        if let diff = stage.diff, stage.change == .commit {
            lines += diff.text(color: color).split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "" : "  \($0)" }
            while lines.last == "" { lines.removeLast() }
        }
        lines.append("\(stage.ok ? "✓" : "✗") \(outcome(stage, dryRun: dryRun))")
        switch stage.statement?.outcome {
        case .added: lines.append("✓ attested")
        case .present: lines.append("✓ attested before")
        case .missing:
            let reason = stage.statement?.reason ?? "the reason is unknown"
            lines.append("✗ no statement was written: \(reason); promote again to write it")
        case nil: break
        }
        return lines
    }

    private static func outcome(_ stage: ReleasePromotion.StageReport, dryRun: Bool) -> String {
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
            guard let review = receipt.review else { return "waits for review" }
            let how = review.url.map { "open \($0)" } ?? "merge \(review.head) into \(review.base)"
            return "waits for review: \(review.head)\(commit); \(how)"
        case .refused: return "rejected: a gate is closed"
        case .rejected, .contended: return "not promoted: \(receipt.reason ?? receipt.outcome.rawValue)"
        }
    }
}
