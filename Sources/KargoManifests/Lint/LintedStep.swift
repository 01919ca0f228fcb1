internal import Documents
internal import KargoExpressions

/// A step of a manifest, as lint looks at it.
struct LintedStep {
    let node: YAMLNode
    let index: Int
    let alias: String?
    let uses: String?
    let kind: StepKind?
    let config: YAMLNode?
    let condition: YAMLNode?
    /// The steps whose state the condition looks at.
    let guards: Set<String>
    /// Whether the condition looks at the success of the steps before.
    let asksForSuccess: Bool

    init(_ node: YAMLNode, index: Int) {
        self.node = node
        self.index = index
        alias = node["as"]?.string
        uses = node["uses"]?.string
        kind = uses.flatMap { StepKind.all[$0] }
        config = node["config"]
        condition = node["if"]
        let calls =
            condition?.string.flatMap { try? Template(parsing: $0) }?.expressions.flatMap(\.references.calls) ?? []
        guards = Set(calls.filter { $0.name == "status" }.compactMap(\.firstArgument))
        asksForSuccess = calls.contains { ExpressionNames.status.contains($0.name) }
    }

    /// Its name; without one, its place and kind.
    var title: String { alias ?? "\(index + 1) (\(uses ?? "task \(node["task"]?["name"]?.string ?? "?")"))" }

    /// The name that Kargo gives it.
    var name: String { alias ?? "\(node["task"] == nil ? "step" : "task")-\(index + 1)" }

    /// Whether it may end without having run, though nothing failed.
    var mayBeSkipped: Bool { condition != nil || kind?.skipsItself ?? false }

    /// Its outputs; nil when nobody knows.
    var outputs: Set<String>? {
        if let outputs = kind?.outputs { return outputs }
        guard let kind else { return nil }
        // What composes outputs has as many as its configuration has keys.
        guard kind.keys != nil else { return Set((config?.mapping ?? []).map(\.key)) }
        return Set((config?["outputs"]?.sequence ?? []).compactMap { $0["name"]?.string })
    }
}
