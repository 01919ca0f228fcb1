internal import CapsuleCore
internal import Promotion
package import ReleaseWorkflows
internal import Rendering

extension TrialRender.Report {
    /// The report as one line of text.
    package var text: String {
        if let skipped { return "not rendered for trial: \(skipped)" }
        func count(_ number: Int) -> String { "\(number) object\(number == 1 ? "" : "s")" }
        let tool = renderer.map { " by \($0)" } ?? ""
        guard let gitops else {
            let objects = renders.map { count($0.objects) }.joined(separator: ", ")
            return "rendered for trial\(tool) without environment policy: \(objects)"
        }
        let list = renders.map { "\($0.deployment.name) (\(count($0.objects)))" }.joined(separator: ", ")
        let others = leftOut.isEmpty ? "" : "; left out: \(leftOut.joined(separator: ", "))"
        return
            "rendered for trial\(tool) for \(list), with the policy of \(gitops.repository) at \(gitops.commit.short)\(others)"
    }
}
