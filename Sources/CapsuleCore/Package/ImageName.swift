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

    /// The last segment of the name.
    package var lastSegment: String { name.split(separator: "/").last.map(String.init) ?? name }

    /// The repository that a container runtime would pull from, in full: `redis` is `docker.io/library/redis`, and the
    /// registry is in its normal form.
    package var runtimeRepository: String {
        var segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = segments.first else { return name }
        // Docker takes a first segment with a capital letter for a host, too.
        let isHost = first.contains(".") || first.contains(":") || first.lowercased() != first || first == "localhost"
        if segments.count == 1 || !isHost {
            segments.insert(RegistryHost.dockerHub, at: 0)
        } else {
            segments[0] = RegistryHost.normalized(first)
        }
        if segments[0] == RegistryHost.dockerHub, segments.count == 2 { segments.insert("library", at: 1) }
        return segments.joined(separator: "/")
    }
}
