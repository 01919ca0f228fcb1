internal import CapsuleCore
internal import GitOps
internal import Promotion
public import ReleaseWorkflows

extension LadderStatus {
    /// The ladder as text: a line for each stage.
    public func text() -> String {
        let column = NameColumn(stages.map(\.state.stage))
        let indent = column.indent()
        var out = ""
        for rung in stages {
            let held = rung.state.record.map { "\($0.release.identity)  since \(rung.state.since ?? "unknown")" }
            out += column.line(rung.state.stage, held ?? rung.state.problem ?? "nothing yet") + "\n"
            if let review = rung.review {
                out += "\(indent)awaits review: \(review.release) on \(review.branch)\n"
            }
            guard let next = rung.next else { continue }
            out += "\(indent)\(next.ok ? "may take" : "may not take yet") \(next.release)\n"
            for gate in next.gates where !gate.ok { out += "\(indent)\(ReportMark.failed) \(gate)\n" }
        }
        return out
    }
}
