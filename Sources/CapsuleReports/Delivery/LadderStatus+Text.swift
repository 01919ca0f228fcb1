internal import CapsuleCore
internal import GitOps
internal import Promotion
package import ReleaseWorkflows

extension LadderStatus {
    /// The ladder as text: a line for each stage.
    package func text() -> String {
        let column = NameColumn(stages.map(\.state.stage))
        let indent = column.indent()
        var out = ReportLines()
        for stage in stages {
            let held = stage.state.record.map { "\($0.release.identity)  since \(stage.state.since ?? "unknown")" }
            out.add(column.line(stage.state.stage, held ?? stage.state.problem ?? "nothing yet"))
            if let from = stage.state.record?.rollback?.from { out.add("\(indent)rolled back from \(from)") }
            if let review = stage.review { out.add("\(indent)awaits review: \(review.release) on \(review.branch)") }
            guard let next = stage.next else { continue }
            out.add("\(indent)\(next.ok ? "may take" : "may not take yet") \(next.release)")
            for gate in next.gates where !gate.ok { out.add("\(indent)\(ReportMark.failed) \(gate)") }
        }
        return out.text
    }
}
