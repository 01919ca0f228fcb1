/// The parts of an image reference, split as kustomize and container runtimes split it. Nothing is validated.
package struct ImageName: Hashable, Sendable {
    /// Everything before the tag and the digest.
    package var name: String
    /// The tag, after the colon.
    package var tag: String?
    /// The digest, after the at sign.
    package var digest: String?

    /// Splits a reference.
    package init(_ text: String) {
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        name = String(rest)
    }

    /// The delimiters of templates: Kargo's, those of Argo and Helm, and Tekton's.
    private static let templates = [("${{", "}}"), ("${%", "%}"), ("{{", "}}"), ("$(", ")")]

    /// The text without the templates that a controller fills in: `{{…}}`, `$(…)`, `${{…}}`.
    package static func withoutTemplates(_ text: String) -> String {
        var text = text
        for (open, close) in templates {
            while let start = text.firstRange(of: open),
                let end = text[start.upperBound...].firstRange(of: close)
            {
                text.removeSubrange(start.lowerBound..<end.upperBound)
            }
        }
        return text
    }

    /// The reference as text.
    package var text: String { name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }
}
