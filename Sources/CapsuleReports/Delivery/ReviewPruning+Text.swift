internal import Promotion
package import ReleaseWorkflows

extension ReviewPruning.Report {
    /// The report as text: a line for each branch, with the reason below it.
    package func text() -> String {
        let column = NameColumn(branches.map(\.review.branch))
        let indent = column.indent(marked: true)
        var out = ReportLines()
        for branch in branches {
            let word = branch.outcome == .finished ? (dryRun ? "would be removed" : "left for the next run") : nil
            out.add(
                column.line(branch.review.branch, word ?? branch.outcome.rawValue, mark: branch.outcome.mark))
            out.add("\(indent)\(branch.reason)")
        }
        return out.text
    }
}

extension ReviewPruning.Outcome {
    fileprivate var mark: ReportMark {
        switch self {
        case .removed, .finished: .ok
        case .kept, .moved: .skipped
        case .rejected: .failed
        }
    }
}
