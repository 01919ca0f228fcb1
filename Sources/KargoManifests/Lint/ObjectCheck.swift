internal import Documents
internal import KargoExpressions
internal import Support

/// Looks at one manifest.
struct ObjectCheck {
    let object: LintedObject
    let lint: KargoLint
    /// Everything that was read: tasks that steps name, and Warehouses.
    let others: [LintedObject]
    var findings: [KargoFinding] = []
    /// The step that is being looked at.
    var step: LintedStep?
    private(set) var steps: [LintedStep] = []

    init(_ object: LintedObject, lint: KargoLint, others: [LintedObject]) {
        self.object = object
        self.lint = lint
        self.others = others
    }

    mutating func run() {
        guard object.kind != "Warehouse" else {
            checkCriteria()
            return
        }
        let spec = object.node["spec"]
        let template = object.isTask ? spec : spec?["promotionTemplate"]?["spec"]
        var scope = ExpressionScope(isTask: object.isTask)
        if !object.isTask { add(variables: spec?["vars"], to: &scope) }
        add(variables: template?["vars"], to: &scope)
        steps = (template?["steps"]?.sequence ?? []).enumerated().map { LintedStep($1, index: $0) }
        scope.all = steps.map(\.name)
        scope.allowsStatus = true
        scope.hasOutputs = true
        for step in steps {
            self.step = step
            check(step, &scope)
            scope.earlier[step.name] = step.outputs
            scope.ran.insert(step.name)
        }
        step = nil
        checkNames()
        checkOrder()
        guard !object.isTask else { return }
        var verification = ExpressionScope(isTask: false)
        verification.variables = Set((spec?["vars"]?.sequence ?? []).compactMap { $0["name"]?.string })
        for argument in spec?["verification"]?["args"]?.sequence ?? [] { check(variable: argument, verification) }
        checkStage(spec)
        checkArtifacts(spec)
    }

    mutating func report(
        _ rule: String, as severity: Finding.Severity = .error, at node: YAMLNode?, _ message: String, _ remedy: String
    ) {
        findings.append(
            KargoFinding(
                severity, rule: "kargo.\(rule)", file: object.file, line: (node ?? step?.node ?? object.node).line,
                object: object.title, step: step?.title, message: message, remedy: remedy))
    }

    /// Variables see those before them, and no outputs.
    private mutating func add(variables: YAMLNode?, to scope: inout ExpressionScope) {
        for variable in variables?.sequence ?? [] {
            check(variable: variable, scope)
            if let name = variable["name"]?.string { scope.variables.insert(name) }
        }
    }

    /// The value of a variable is a text, which may hold expressions.
    mutating func check(variable: YAMLNode, _ scope: ExpressionScope) {
        guard let value = variable["value"], !value.isNull else { return }
        guard JSONValue(manifest: value).string != nil else {
            report(
                "variable-text", at: value,
                "the value of variable \(variable["name"]?.string ?? "?") is no text to Kubernetes",
                "quote it")
            return
        }
        check(text: value, scope)
    }

    private mutating func check(_ step: LintedStep, _ scope: inout ExpressionScope) {
        let known = ["as", "uses", "task", "if", "continueOnError", "retry", "vars", "config"]
        for entry in step.node.mapping ?? [] where !known.contains(entry.key) {
            let similar = entry.key == "name" ? "as" : ExpressionNames.similar(entry.key, in: known)
            report(
                "step-key", at: YAMLNode(entry.value.value, line: entry.line), "a step has no key \(entry.key)",
                similar.map { "write \($0)" } ?? "known are \(known.joined(separator: ", "))")
        }
        var own = scope
        own.allowsStatus = false
        for variable in step.node["vars"]?.sequence ?? [] {
            check(variable: variable, own)
            if let name = variable["name"]?.string { own.variables.insert(name) }
        }
        own.allowsStatus = true
        if let condition = step.condition { check(condition: condition, step, own) }
        if step.node["task"] != nil {
            checkTask(step)
        } else {
            checkKind(step)
            if let config = step.config { check(tree: config, own) }
            checkConfig(step, own)
        }
    }

    private mutating func check(condition: YAMLNode, _ step: LintedStep, _ scope: ExpressionScope) {
        guard let text = condition.string, Template.hasExpression(text) else {
            report(
                "condition", at: condition, "the condition is no expression; Kargo takes only a truth value there",
                "write \"${{ … }}\"")
            return
        }
        check(text: condition, scope)
        guard (try? Template(parsing: text)) != nil, step.index > 0, !step.asksForSuccess else { return }
        report(
            "unguarded-condition", as: step.kind?.hasEffect ?? true ? .error : .warning, at: condition,
            "a step with a condition runs although steps before it failed: the condition replaces that rule",
            "begin it with success() &&, or ask for the status('…') of the step that it depends on")
    }

    private mutating func checkTask(_ step: LintedStep) {
        if !lint.hasWebhooks {
            report(
                "task-webhooks", at: step.node["task"],
                "a task is resolved by Kargo's webhooks; without them the Promotion is refused", "write the steps out")
        }
        guard object.isTask == false else {
            report("task-nested", at: step.node["task"], "a task cannot use a task", "write the steps out")
            return
        }
        for key in ["if", "config", "retry"] where step.node[key] != nil {
            report("task-key", at: step.node[key], "a step that names a task cannot have \(key)", "remove it")
        }
        let reference = step.node["task"]
        let kind = reference?["kind"]?.string ?? "PromotionTask"
        guard let task = others.first(where: { $0.kind == kind && $0.name == reference?["name"]?.string }) else {
            return
        }
        let given = Set((step.node["vars"]?.sequence ?? []).compactMap { $0["name"]?.string })
        let inherited = Set(
            ["vars"].flatMap { key in
                (object.node["spec"]?[key]?.sequence ?? [])
                    + (object.node["spec"]?["promotionTemplate"]?["spec"]?[key]?.sequence ?? [])
            }.compactMap { $0["name"]?.string })
        for variable in task.node["spec"]?["vars"]?.sequence ?? [] {
            guard let name = variable["name"]?.string, (variable["value"]?.string ?? "").isEmpty,
                !given.contains(name), !inherited.contains(name)
            else { continue }
            report(
                "task-variable", at: reference, "\(task.title) needs a value for \(name)",
                "give one in vars of this step")
        }
    }

    private mutating func checkKind(_ step: LintedStep) {
        guard let uses = step.uses else {
            report("step-kind", at: step.node, "the step uses nothing", "name a kind of step in uses")
            return
        }
        guard let kind = step.kind else {
            let similar = ExpressionNames.similar(uses, in: StepKind.all.keys)
            report(
                "step-kind", at: step.node["uses"],
                StepKind.commercial.contains(uses)
                    ? "\(uses) has no runner in open-source Kargo" : "Kargo has no step \(uses)",
                similar.map { "write \($0)" } ?? "use one of Kargo's built-in steps")
            return
        }
        guard lint.minorVersion >= kind.since else {
            report(
                "step-version", at: step.node["uses"],
                "\(uses) came with Kargo 1.\(kind.since); this is for 1.\(lint.minorVersion)",
                "use other steps, or --kargo 1.\(kind.since) when your cluster runs that")
            return
        }
        guard let keys = kind.keys else { return }
        for entry in step.config?.mapping ?? [] {
            guard let since = keys[entry.key] else {
                report(
                    "config-key", at: YAMLNode(entry.value.value, line: entry.line),
                    "\(uses) has no key \(entry.key): its schema refuses the step when it runs",
                    Self.remedy(uses, entry.key, keys))
                continue
            }
            if since > lint.minorVersion {
                report(
                    "config-key", at: YAMLNode(entry.value.value, line: entry.line),
                    "\(entry.key) of \(uses) came with Kargo 1.\(since); this is for 1.\(lint.minorVersion)",
                    "remove it")
            }
        }
        for key in kind.required where step.config?[key] == nil {
            report("config-missing", at: step.config ?? step.node, "\(uses) needs \(key)", "add it")
        }
    }

    private static func remedy(_ uses: String, _ key: String, _ keys: [String: Int]) -> String {
        if uses == "git-push", ["branch", "target"].contains(key) { return "write targetBranch" }
        if let similar = ExpressionNames.similar(key, in: keys.keys) { return "write \(similar)" }
        return "known are \(keys.keys.sorted().joined(separator: ", "))"
    }
}
