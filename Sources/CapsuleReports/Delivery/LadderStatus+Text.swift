internal import CapsuleCore
internal import GitOps
internal import Promotion
package import ReleaseWorkflows

extension LadderStatus {
    /// The ladder as text: a line for each stage.
    package func text() -> String {
        let column = NameColumn(stages.map(\.state.stage))
        let indent = column.indent()
        var out = ""
        for stage in stages {
            let held = stage.state.record.map { "\($0.release.identity)  since \(stage.state.since ?? "unknown")" }
            out += column.line(stage.state.stage, held ?? stage.state.problem ?? "nothing yet") + "\n"
            if let review = stage.review {
                out += "\(indent)awaits review: \(review.release) on \(review.branch)\n"
            }
            guard let next = stage.next else { continue }
            out += "\(indent)\(next.ok ? "may take" : "may not take yet") \(next.release)\n"
            for gate in next.gates where !gate.ok { out += "\(indent)\(ReportMark.failed) \(gate)\n" }
        }
        return out
    }
}
