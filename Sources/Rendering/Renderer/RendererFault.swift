internal import CapsuleCore
internal import Support

/// The reason why a renderer refused a package, as far as its error output tells: the essential line, the file to correct
/// and the remedy.
///
/// Renderers wrap a reason into the steps that led to it, so the reason is at the end of a long chain.
struct RendererFault: Hashable {
    /// The reason, without the chain around it.
    var cause: String
    /// The file, by its path in the rendered tree; nil when it is not known.
    var file: String?
    /// The line in it.
    var line: Int?
    /// The remedy.
    var remedy: String

    /// The maximum number of characters of a reason.
    static let longestCause = 1_500

    /// The finding that rejects the render.
    ///
    /// - Parameter renderer: the program with its version.
    func finding(_ renderer: RendererIdentity) -> Finding {
        Finding(
            rule: RenderRejection.rendererRule, file: file?.escapedForDisplay(limit: 300), line: line,
            message: "\(renderer) cannot render it: \(Self.shown(cause))", remedy: remedy)
    }

    /// The end of a text that is too long, on one line.
    static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).map { String($0).trimmingBlanks() }.filter { !$0.isEmpty }
            .joined(separator: " ")
        return tail(line, limit: longestCause).escapedForDisplay(limit: longestCause + 1)
    }

    /// The last characters of a text, after `…` when there are more.
    static func tail(_ text: String, limit: Int) -> String {
        text.utf8.count <= limit ? text : text.count <= limit ? text : "…\(text.suffix(limit))"
    }

    /// The remedy for a file of the package or of the environment policy.
    static func correction(_ file: String?) -> String {
        guard let file else { return "correct the package or the environment policy" }
        let isPolicy = file.hasPrefix("envTypes/") || file.hasPrefix("deployments/")
        return isPolicy ? "correct the environment policy" : "correct the package and publish another release"
    }

    /// Error output without the lines that renderers print about other things: deprecations, and how to get more output.
    static func lines(_ output: String) -> [String] {
        let noise = [
            "# Warning:", "Use --debug flag", "level=INFO", "level=WARN", "WARNING: ", "walk.go:", "coalesce.go:",
        ]
        return output.split(whereSeparator: \.isNewline).map(String.init).filter { line in
            !line.trimmingBlanks().isEmpty
                && !noise.contains { line.hasPrefix($0) || line.contains(" \($0)") && $0.hasSuffix(".go:") }
        }
    }
}
