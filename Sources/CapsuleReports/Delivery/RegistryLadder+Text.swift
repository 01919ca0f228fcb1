internal import CapsuleCore
internal import GitOps
package import ReleaseWorkflows

extension RegistryLadder {
    /// The ladder as text: a line for each stage.
    package func text() -> String {
        let column = NameColumn(stages.map(\.stage))
        var out = ReportLines()
        for stage in stages {
            let held = stage.held.map { "\($0.release)  since \($0.since)" }
            out.add(column.line(stage.stage, held ?? "nothing yet"))
            if let review = stage.review {
                out.add("\(column.indent())awaits review: \(review.release) on \(review.branch)")
            }
        }
        return out.text
    }
}
