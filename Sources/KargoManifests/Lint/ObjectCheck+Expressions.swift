internal import Documents
internal import KargoExpressions
internal import OCI
internal import Support

extension ObjectCheck {
    /// Every text of a configuration.
    mutating func check(tree: YAMLNode, _ scope: ExpressionScope, key: String = "") {
        switch tree.value {
        case .mapping(let entries):
            for entry in entries {
                if Template.hasExpression(entry.key) {
                    report(
                        "expression-key", at: YAMLNode(entry.value.value, line: entry.line),
                        "an expression in a key is not evaluated", "write the key out")
                }
                check(tree: entry.value, scope, key: entry.key)
            }
        case .sequence(let elements): for element in elements { check(tree: element, scope, key: key) }
        case .scalar:
            check(text: tree, scope)
            checkQuoting(tree, key)
        }
    }

    /// A text with expressions in it.
    mutating func check(text node: YAMLNode, _ scope: ExpressionScope) {
        guard let text = node.string, Template.hasExpression(text) else { return }
        do {
            for expression in try Template(parsing: text).expressions { check(expression.references, node, scope) }
        } catch {
            if closesEarly(text) {
                report(
                    "braces", at: node, "}} of a map ends the expression early",
                    "write ${% … %} around an expression with maps")
            } else {
                report(
                    "expression", at: node,
                    "the expression cannot be read: \(error.message), at byte \(error.offset + 1)",
                    "mend it")
            }
        }
    }

    /// Whether `${{` was closed by the braces of a map: more open than close before that.
    private func closesEarly(_ text: String) -> Bool {
        guard let open = text.firstRange(of: "${{"), let close = text[open.upperBound...].firstRange(of: "}}") else {
            return false
        }
        let inner = text[open.upperBound..<close.lowerBound]
        return inner.count { $0 == "{" } > inner.count { $0 == "}" }
    }

    private mutating func check(_ references: ExpressionReferences, _ node: YAMLNode, _ scope: ExpressionScope) {
        for call in references.calls { check(call, node, scope) }
        for path in references.hyphens where ["outputs", "task", "vars"].contains(path.root) {
            let name = path.members.last.flatMap { $0 } ?? ""
            report(
                "hyphen", at: node, "\(path.root).\(name)-… is a subtraction, not a name",
                "write \(path.root)['\(name)-…']")
        }
        for path in references.paths where !references.hyphens.contains(where: { $0.offset == path.offset }) {
            check(path, node, scope)
        }
    }

    private mutating func check(_ call: ExpressionReferences.Call, _ node: YAMLNode, _ scope: ExpressionScope) {
        let name = call.name
        if ExpressionNames.status.contains(name), !scope.allowsStatus {
            report(
                "function", at: node, "\(name)() does not exist in the values of variables",
                "use it in if or config of a step")
        } else if !ExpressionNames.language.contains(name), !ExpressionNames.data.contains(name),
            !ExpressionNames.status.contains(name)
        {
            let all = ExpressionNames.language.union(ExpressionNames.data).union(ExpressionNames.status)
            report(
                "function", at: node, "there is no function \(name)() in Kargo 1.\(lint.minorVersion)",
                ExpressionNames.similar(name, in: all).map { "write \($0)()" } ?? "use one that there is")
        }
        if let field = call.field, let fields = ExpressionNames.fields[name], !fields.contains(field) {
            report(
                "artifact-field", at: node, "what \(name)() returns has no field \(field)",
                ExpressionNames.similar(field, in: fields).map { "write .\($0)" }
                    ?? "it has \(fields.joined(separator: ", "))")
        }
        if name == "status", let alias = call.firstArgument, !scope.ran.contains(alias) {
            report(
                "output-unknown", at: node,
                scope.all.contains(alias)
                    ? "status('\(alias)') is asked before that step ran"
                    : "no step is named \(alias): its status is \"\"",
                "name a step before this one")
        }
    }

    private mutating func check(_ path: ExpressionReferences.Path, _ node: YAMLNode, _ scope: ExpressionScope) {
        switch path.root {
        case "vars":
            guard let name = path.members.first.flatMap({ $0 }), !scope.variables.contains(name) else { return }
            report(
                "variable", as: scope.isTask ? .warning : .error, at: node,
                "vars.\(name) is not defined here; Kargo makes it nil without a word, and \"null\" within text",
                ExpressionNames.similar(name, in: scope.variables).map { "write vars.\($0)" } ?? "define it in vars")
        case "ctx":
            guard let name = path.members.first.flatMap({ $0 }), !ExpressionNames.context.contains(name) else { return }
            report(
                "context", at: node, "ctx has no \(name)",
                ExpressionNames.similar(name, in: ExpressionNames.context).map { "write ctx.\($0)" }
                    ?? "it has \(ExpressionNames.context.sorted().joined(separator: ", "))")
        case "outputs": checkOutput(path, Array(path.members), skipped: 0, node, scope)
        case "task":
            guard path.members.first == "outputs" else { return }
            checkOutput(path, Array(path.members.dropFirst()), skipped: 1, node, scope)
        default:
            report(
                "name", at: node, "there is no variable \(path.root); Kargo makes it nil without a word",
                "quote it when it is text; there are vars, ctx, outputs and task")
        }
    }

    private mutating func checkOutput(
        _ path: ExpressionReferences.Path, _ members: [String?], skipped: Int, _ node: YAMLNode,
        _ scope: ExpressionScope
    ) {
        let isOfTask = path.root == "task"
        guard scope.hasOutputs else {
            report("output-scope", at: node, "outputs are not there in these variables", "use them in a step")
            return
        }
        guard isOfTask == scope.isTask else {
            report(
                "task-outputs", as: isOfTask ? .error : .warning, at: node,
                isOfTask
                    ? "task.outputs is there in tasks only"
                    : "in a task the names of steps get the task's name before them: outputs does not find them",
                isOfTask ? "write outputs" : "write task.outputs")
            return
        }
        guard let alias = members.first.flatMap({ $0 }) else { return }
        let isOptional = path.firstOptional.map { $0 <= skipped + 1 } ?? false
        if alias == step?.name {
            guard !isOptional, members.count > 1 else { return }
            report(
                "output-unknown", at: node, "the step's own outputs are there after a restart only",
                "write \(isOfTask ? "task." : "")outputs.\(alias)?.…")
            return
        }
        guard scope.ran.contains(alias) else {
            let isLater = scope.all.contains(alias)
            report(
                isLater ? "output-later" : "output-unknown", at: node,
                isLater ? "step \(alias) runs later" : "no step is named \(alias)",
                ExpressionNames.similar(alias, in: scope.ran).map { "write \($0)" } ?? "name a step before this one")
            return
        }
        if members.count > 1, let field = members[1], case .some(.some(let known)) = scope.earlier[alias],
            !known.contains(field)
        {
            report(
                "output-field", at: node, "step \(alias) has no output \(field)",
                known.isEmpty ? "it has none" : "it has \(known.sorted().joined(separator: ", "))")
        }
        if members.count > 1, !isOptional { checkGuard(of: alias, node) }
    }

    /// A step that was skipped has no outputs; asking nil for a member is an error.
    private mutating func checkGuard(of alias: String, _ node: YAMLNode) {
        guard let producer = steps.first(where: { $0.name == alias }), producer.mayBeSkipped, let step else { return }
        guard !guaranteed(by: step).contains(alias) else { return }
        report(
            "skipped-output", at: node, "step \(alias) may be skipped, and then has no outputs to ask for",
            "write outputs['\(alias)']?.…, or run this step only if status('\(alias)') == 'Succeeded'")
    }

    /// The steps whose state a step's condition looks at, and those that the conditions of these look at.
    private func guaranteed(by step: LintedStep) -> Set<String> {
        var found = step.guards
        var rest = Array(found)
        while let name = rest.popLast() {
            for next in steps.first(where: { $0.name == name })?.guards ?? [] where found.insert(next).inserted {
                rest.append(next)
            }
        }
        return found
    }

    /// A value that is one expression is read once more: what looks like a number becomes one.
    private mutating func checkQuoting(_ node: YAMLNode, _ key: String) {
        guard let text = node.string, Template.hasExpression(text), let template = try? Template(parsing: text),
            let references = template.wholeExpression?.references
        else { return }
        let last = references.paths.count == 1 ? references.paths[0].members : []
        if references.outermostCall == nil, references.operators.isSubset(of: ["??"]),
            let call = references.calls.first,
            let field = call.field, ["Tag", "Version", "ID"].contains(field), ExpressionNames.fields[call.name] != nil
        {
            report(
                "quote", at: node,
                "a \(field.lowercased()) such as 1.20 becomes a number here, and the step fails or takes 1.2",
                "write ${{ quote(…) }}")
        } else if references.isPlainPath, last.contains("commits") || last.last == "commit" || last.last == "ID" {
            report(
                "quote", as: .warning, at: node, "an id of digits alone becomes a number here, and loses digits",
                "write ${{ quote(…) }}")
        }
    }
}
