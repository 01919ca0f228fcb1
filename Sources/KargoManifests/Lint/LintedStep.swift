internal import Documents
internal import KargoExpressions

/// A step of a manifest, with the properties that lint checks.
struct LintedStep {
    let node: YAMLNode
    let index: Int
    let alias: String?
    let uses: String?
    let kind: StepKind?
    let config: YAMLNode?
    let condition: YAMLNode?
    /// The aliases of the steps whose status the condition tests.
    let guards: Set<String>
    /// True when the condition tests the outcome of earlier steps.
    let testsOutcome: Bool

    init(_ node: YAMLNode, index: Int) {
        self.node = node
        self.index = index
        alias = node["as"]?.string
        uses = node["uses"]?.string
        kind = uses.flatMap { StepKind.all[$0] }
        config = node["config"]
        condition = node["if"]
        let calls =
            condition?.string.flatMap { try? ExpressionTemplate(parsing: $0) }?.expressions.flatMap(\.references.calls)
            ?? []
        guards = Set(calls.filter { $0.name == "status" }.compactMap(\.firstArgument))
        testsOutcome = calls.contains { ExpressionNames.status.contains($0.name) }
    }

    /// The alias; without one, the number and kind of the step.
    var title: String { alias ?? "\(index + 1) (\(uses ?? "task \(node["task"]?["name"]?.string ?? "?")"))" }

    /// The alias, or the one that Kargo generates.
    var name: String { alias ?? "\(node["task"] == nil ? "step" : "task")-\(index + 1)" }

    /// True when the step may have no outputs although no step failed, because it may be skipped.
    ///
    /// A `git-commit` that finds no change is skipped, and its output is then the commit at the head of the branch.
    var mayLackOutputs: Bool { condition != nil || (kind?.skipsItself ?? false && uses != "git-commit") }

    /// The names of its outputs; nil when they are not known.
    var outputs: Set<String>? {
        if let outputs = kind?.outputs { return outputs }
        guard let kind else { return nil }
        // `compose-output` has one output for each key of its configuration.
        guard kind.keys != nil else { return Set((config?.mapping ?? []).map(\.key)) }
        return Set((config?["outputs"]?.sequence ?? []).compactMap { $0["name"]?.string })
    }
}
