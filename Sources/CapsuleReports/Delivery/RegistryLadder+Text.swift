internal import CapsuleCore
internal import GitOps
public import ReleaseWorkflows
internal import Support

extension RegistryLadder {
    /// The ladder as text: a line for each stage.
    public func text() -> String {
        let column = NameColumn(stages.map(\.stage))
        var out = ""
        for rung in stages {
            let held = rung.held.map { "\($0.release)  since \($0.since)" }
            out += column.line(rung.stage, held ?? "nothing yet") + "\n"
            if let review = rung.review {
                out += "\(column.indent())awaits review: \(review.release) on \(review.branch.printable())\n"
            }
        }
        return out
    }
}
