internal import CapsuleCore
internal import GitOps
package import ReleaseWorkflows
internal import Support

extension RegistryLadder {
    /// The ladder as text: a line for each stage.
    package func text() -> String {
        let column = NameColumn(stages.map(\.stage))
        var out = ""
        for stage in stages {
            let held = stage.held.map { "\($0.release)  since \($0.since)" }
            out += column.line(stage.stage, held ?? "nothing yet") + "\n"
            if let review = stage.review {
                out += "\(column.indent())awaits review: \(review.release) on \(review.branch.escapedForDisplay())\n"
            }
        }
        return out
    }
}
