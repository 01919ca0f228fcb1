internal import Documents
internal import KargoExpressions
internal import OCI
internal import Support

extension ObjectCheck {
    /// Checks all strings of a configuration.
    mutating func check(tree: YAMLNode, _ scope: ExpressionScope) {
        guard budget.spend() else { return }
        switch tree.value {
        case .mapping(let entries):
            for entry in entries {
                if ExpressionTemplate.hasExpression(entry.key) {
                    report(
                        "expression-key", at: YAMLNode(entry.value.value, line: entry.line),
                        "Kargo does not evaluate an expression in a key", "write the key without an expression")
                }
                check(tree: entry.value, scope)
            }
        case .sequence(let elements): for element in elements { check(tree: element, scope) }
        case .scalar:
            check(text: tree, scope)
            checkQuoting(tree)
        }
    }

    /// Checks the expressions in a string.
    mutating func check(text node: YAMLNode, _ scope: ExpressionScope) {
        guard let text = node.string, ExpressionTemplate.hasExpression(text) else { return }
        do {
            for expression in try ExpressionTemplate(parsing: text).expressions where budget.spend() {
                check(expression.references, node, scope)
            }
        } catch {
            if closesEarly(text) {
                report(
                    "braces", at: node, "the }} of a map ends the expression early",
                    "use ${% … %} for an expression that contains maps")
            } else {
                report(
                    "expression", at: node,
                    "the expression cannot be read: \(error.message), at byte \(error.offset + 1)",
                    "correct the expression")
            }
        }
    }

    /// True when the braces of a map close `${{`: more braces are opened than closed before it.
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
                "function", at: node, "the function \(name)() does not exist in Kargo 1.\(lint.minorVersion)",
                ExpressionNames.similar(name, in: all).map { "write \($0)()" } ?? "use an existing function")
        }
        if let field = call.field, let fields = ExpressionNames.fields[name], !fields.contains(field) {
            report(
                "artifact-field", at: node, "the result of \(name)() has no field \(field)",
                ExpressionNames.similar(field, in: fields).map { "write .\($0)" }
                    ?? "its fields are \(fields.joined(separator: ", "))")
        }
        if name == "status", let alias = call.firstArgument, !scope.ran.contains(alias) {
            report(
                "output-unknown", at: node,
                scope.all.contains(alias)
                    ? "status('\(alias)') is evaluated before that step runs"
                    : "no step has the alias \(alias), so its status is \"\"",
                "use the alias of an earlier step")
        }
    }

    private mutating func check(_ path: ExpressionReferences.Path, _ node: YAMLNode, _ scope: ExpressionScope) {
        switch path.root {
        case "vars":
            guard let name = path.members.first.flatMap({ $0 }), !scope.variables.contains(name),
                budget.spend(scope.variables.count)
            else { return }
            report(
                "variable", as: scope.isTask ? .warning : .error, at: node,
                "vars.\(name) is not defined here; Kargo evaluates it to nil without an error, and to \"null\" within a string",
                ExpressionNames.similar(name, in: scope.variables).map { "write vars.\($0)" } ?? "define it in vars")
        case "ctx":
            guard let name = path.members.first.flatMap({ $0 }), !ExpressionNames.context.contains(name) else { return }
            report(
                "context", at: node, "ctx has no \(name)",
                ExpressionNames.similar(name, in: ExpressionNames.context).map { "write ctx.\($0)" }
                    ?? "its members are \(ExpressionNames.context.sorted().joined(separator: ", "))")
        case "outputs": checkOutput(path, Array(path.members), skipped: 0, node, scope)
        case "task":
            guard path.members.first == "outputs" else { return }
            checkOutput(path, Array(path.members.dropFirst()), skipped: 1, node, scope)
        default:
            report(
                "name", at: node,
                "the variable \(path.root) does not exist; Kargo evaluates it to nil without an error",
                "quote it if it is a string; the variables are vars, ctx, outputs and task")
        }
    }

    private mutating func checkOutput(
        _ path: ExpressionReferences.Path, _ members: [String?], skipped: Int, _ node: YAMLNode,
        _ scope: ExpressionScope
    ) {
        let isOfTask = path.root == "task"
        guard scope.hasOutputs else {
            report("output-scope", at: node, "outputs are not available here", "use them in a step")
            return
        }
        guard isOfTask == scope.isTask else {
            report(
                "task-outputs", as: isOfTask ? .error : .warning, at: node,
                isOfTask
                    ? "task.outputs exists only in tasks"
                    : "Kargo prefixes the aliases of a task's steps with the task, so outputs does not contain them",
                isOfTask ? "write outputs" : "write task.outputs")
            return
        }
        guard let alias = members.first.flatMap({ $0 }) else { return }
        let isOptional = path.firstOptional.map { $0 <= skipped + 1 } ?? false
        if alias == step?.name {
            guard !isOptional, members.count > 1 else { return }
            report(
                "output-unknown", at: node, "the outputs of the step itself exist only after a restart",
                "write \(isOfTask ? "task." : "")outputs.\(alias)?.…")
            return
        }
        guard scope.ran.contains(alias) else {
            guard budget.spend(scope.ran.count) else { return }
            let isLater = scope.all.contains(alias)
            report(
                isLater ? "output-later" : "output-unknown", at: node,
                isLater ? "step \(alias) runs after this one" : "no step has the alias \(alias)",
                ExpressionNames.similar(alias, in: scope.ran).map { "write \($0)" }
                    ?? "use the alias of an earlier step")
            return
        }
        if members.count > 1, let field = members[1], case .some(.some(let known)) = scope.earlier[alias],
            !known.contains(field)
        {
            report(
                "output-field", at: node, "step \(alias) has no output \(field)",
                known.isEmpty ? "the step has no outputs" : "its outputs are \(ExpressionNames.list(known.sorted()))")
        }
        if members.count > 1, !isOptional { checkGuard(of: alias, node) }
    }

    /// Checks access to the outputs of a step that may be skipped: they are nil then, and a member of nil is an error.
    private mutating func checkGuard(of alias: String, _ node: YAMLNode) {
        guard let producer = stepsByName[alias], producer.mayLackOutputs, let step else { return }
        let guaranteed = guaranteed(by: step)
        guard !guaranteed.contains(alias), budget.spend(guaranteed.count) else { return }
        report(
            "skipped-output", at: node, "step \(alias) may be skipped, and then has no outputs",
            "write outputs['\(alias)']?.…, or run this step only if status('\(alias)') == 'Succeeded'")
    }

    /// The steps whose status is tested by the condition of a step, or by the conditions of those steps.
    private func guaranteed(by step: LintedStep) -> Set<String> {
        var found = step.guards
        var rest = Array(found)
        while let name = rest.popLast() {
            for next in stepsByName[name]?.guards ?? [] where found.insert(next).inserted {
                rest.append(next)
            }
        }
        return found
    }

    /// Checks a value that is one expression: Kargo converts a result that looks like a number.
    private mutating func checkQuoting(_ node: YAMLNode) {
        guard let text = node.string, ExpressionTemplate.hasExpression(text),
            let template = try? ExpressionTemplate(parsing: text),
            let references = template.wholeExpression?.references
        else { return }
        let last = references.paths.count == 1 ? references.paths[0].members : []
        if references.outermostCall == nil, references.operators.isSubset(of: ["??"]),
            let call = references.calls.first,
            let field = call.field, ["Tag", "Version", "ID"].contains(field), ExpressionNames.fields[call.name] != nil
        {
            report(
                "quote", at: node,
                "Kargo converts a \(field.lowercased()) such as 1.20 to a number: the step fails or uses 1.2",
                "write ${{ quote(…) }}")
        } else if references.isPlainPath, last.contains("commits") || last.last == "commit" || last.last == "ID" {
            report(
                "quote", as: .warning, at: node, "Kargo converts an id of digits alone to a number, which loses digits",
                "write ${{ quote(…) }}")
        }
    }
}
