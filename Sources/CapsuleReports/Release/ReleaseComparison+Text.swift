internal import CapsuleCore
package import ReleaseWorkflows
internal import Rendering
internal import Support

extension ReleaseComparison.Report {
    /// The report as text.
    ///
    /// - Parameter color: true colours the rendered difference.
    package func text(color: Bool = false) -> String {
        var out = "from  \(from)\nto    \(to)\n\n"
        if let note { out += "\(note)\n" }
        if let capsule { out += capsule.text() }
        if let rendered { out += "\nrendered for \(rendered.deployment):\n\(rendered.diff.text(color: color))" }
        return out
    }

    /// The report as Markdown.
    package func markdown() -> String {
        var out = ""
        if let note { out += "\(note.markdownCode)\n\n" }
        if let capsule { out += capsule.markdown() }
        if let rendered { out += "\n**Rendered for `\(rendered.deployment)`:**\n\n\(rendered.diff.markdown())" }
        return out
    }
}
