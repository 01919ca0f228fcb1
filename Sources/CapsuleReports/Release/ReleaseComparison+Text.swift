internal import CapsuleCore
package import ReleaseWorkflows
internal import Rendering
internal import Support

extension ReleaseComparison.Report {
    /// The report as text.
    ///
    /// - Parameter color: true colours the rendered difference.
    package func text(color: Bool = false) -> String {
        var out = ReportLines()
        out.add(["from  \(from)", "to    \(to)", ""])
        if let note { out.add(note) }
        if let capsule { out.add(report: capsule.text()) }
        if let rendered {
            out.add(["", "rendered for \(rendered.deployment):"])
            out.add((rendered.warnings ?? []).map { "\(ReportMark.warning) \($0)" })
            out.add(report: rendered.diff.text(color: color))
        }
        return out.text
    }

    /// The report as Markdown.
    package func markdown() -> String {
        var out = ""
        if let note { out += "\(note.markdownCode)\n\n" }
        if let capsule { out += capsule.markdown() }
        if let rendered {
            out += "\n**Rendered for \(rendered.deployment.markdownCode):**\n\n"
            let warnings = (rendered.warnings ?? []).map { "- \($0.description.markdownCode)\n" }
            if !warnings.isEmpty { out += warnings.joined() + "\n" }
            out += rendered.diff.markdown()
        }
        return out
    }
}
