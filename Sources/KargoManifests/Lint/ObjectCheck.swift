internal import Documents
internal import KargoExpressions
internal import Support

/// Checks one manifest and collects the findings.
struct ObjectCheck {
    let object: LintedObject
    let lint: KargoLint
    /// All objects that were read: the tasks and Warehouses that this one may refer to.
    let others: LintedObjects
    /// The steps that this check and those of other objects may take together.
    var budget: StepBudget
    var findings: [KargoFinding] = []
    /// The step that is being checked; nil outside steps.
    var step: LintedStep?
    private(set) var steps: [LintedStep] = []
    /// The first step of each name.
    private(set) var stepsByName: [String: LintedStep] = [:]

    init(_ object: LintedObject, lint: KargoLint, others: LintedObjects, budget: StepBudget) {
        self.object = object
        self.lint = lint
        self.others = others
        self.budget = budget
    }

    mutating func run() {
        guard object.kind != "Warehouse" else {
            checkCriteria()
            checkConstraints()
            return
        }
        let spec = object.node["spec"]
        let template = object.isTask ? spec : spec?["promotionTemplate"]?["spec"]
        var scope = ExpressionScope(isTask: object.isTask)
        if !object.isTask { add(variables: spec?["vars"], to: &scope) }
        add(variables: template?["vars"], to: &scope)
        steps = (template?["steps"]?.sequence ?? []).enumerated().map { LintedStep($1, index: $0) }
        stepsByName = Dictionary(steps.map { ($0.name, $0) }) { first, _ in first }
        scope.all = Set(steps.map(\.name))
        scope.allowsStatus = true
        scope.hasOutputs = true
        for step in steps where budget.spend() {
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
        guard findings.count < KargoLint.maximumFindings else { return }
        findings.append(
            KargoFinding(
                severity, rule: "kargo.\(rule)", file: object.file, line: (node ?? step?.node ?? object.node).line,
                object: object.title, step: step?.title, message: message, remedy: remedy))
    }

    /// Adds variables to the scope. A variable can refer to earlier variables, but not to outputs.
    private mutating func add(variables: YAMLNode?, to scope: inout ExpressionScope) {
        for variable in variables?.sequence ?? [] {
            check(variable: variable, scope)
            if let name = variable["name"]?.string { scope.variables.insert(name) }
        }
    }

    /// Checks that the value of a variable is a string, and checks its expressions.
    mutating func check(variable: YAMLNode, _ scope: ExpressionScope) {
        guard let value = variable["value"], !value.isNull else { return }
        guard JSONValue(manifest: value).string != nil else {
            report(
                "variable-text", at: value,
                "Kubernetes does not read the value of variable \(variable["name"]?.string ?? "?") as a string",
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
                "step-key", at: YAMLNode(entry.value.value, line: entry.line),
                "a step cannot have the key \(entry.key)",
                similar.map { "write \($0)" } ?? "the keys are \(known.joined(separator: ", "))")
        }
        var own = scope
        budget.spend(scope.variables.count)
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
            checkConfig(step)
        }
    }

    private mutating func check(condition: YAMLNode, _ step: LintedStep, _ scope: ExpressionScope) {
        guard let text = condition.string, ExpressionTemplate.hasExpression(text) else {
            report(
                "condition", at: condition, "the condition is not an expression; Kargo accepts only a boolean",
                "write \"${{ … }}\"")
            return
        }
        check(text: condition, scope)
        guard (try? ExpressionTemplate(parsing: text)) != nil, step.index > 0, !step.testsOutcome else { return }
        report(
            "unguarded-condition", as: step.kind?.hasEffect ?? true ? .error : .warning, at: condition,
            "the step also runs after an earlier step failed: a condition replaces Kargo's default of skipping it",
            "start the condition with success() &&, or test status('…') of the step that it depends on")
    }

    private mutating func checkTask(_ step: LintedStep) {
        if !lint.hasWebhooks {
            report(
                "task-webhooks", at: step.node["task"],
                "Kargo's webhooks resolve tasks; without webhooks the Promotion is rejected",
                "use the steps of the task directly")
        }
        guard object.isTask == false else {
            report(
                "task-nested", at: step.node["task"], "a task cannot refer to another task",
                "use the steps of the other task directly")
            return
        }
        for key in ["if", "config", "retry"] where step.node[key] != nil {
            report("task-key", at: step.node[key], "a step that refers to a task cannot have \(key)", "remove it")
        }
        let reference = step.node["task"]
        let kind = reference?["kind"]?.string ?? "PromotionTask"
        guard let task = reference?["name"]?.string.flatMap({ others.first(kind, $0) }) else { return }
        let given = Set((step.node["vars"]?.sequence ?? []).compactMap { $0["name"]?.string })
        let inherited = Set(
            ["vars"].flatMap { key in
                (object.node["spec"]?[key]?.sequence ?? [])
                    + (object.node["spec"]?["promotionTemplate"]?["spec"]?[key]?.sequence ?? [])
            }.compactMap { $0["name"]?.string })
        let required = task.node["spec"]?["vars"]?.sequence ?? []
        budget.spend(given.count + inherited.count + required.count)
        for variable in required where !budget.isSpent {
            guard let name = variable["name"]?.string, (variable["value"]?.string ?? "").isEmpty,
                !given.contains(name), !inherited.contains(name)
            else { continue }
            report(
                "task-variable", at: reference, "\(task.title) requires a value for its variable \(name)",
                "set it in vars of this step")
        }
    }

    private mutating func checkKind(_ step: LintedStep) {
        guard let uses = step.uses else {
            report("step-kind", at: step.node, "the step has neither uses nor task", "set uses to a kind of step")
            return
        }
        guard let kind = step.kind else {
            let similar = ExpressionNames.similar(uses, in: StepKind.all.keys)
            report(
                "step-kind", at: step.node["uses"],
                StepKind.commercial.contains(uses)
                    ? "\(uses) exists only in Kargo's commercial edition" : "Kargo has no step \(uses)",
                similar.map { "write \($0)" } ?? "use one of Kargo's built-in steps")
            return
        }
        guard lint.minorVersion >= kind.since else {
            report(
                "step-version", at: step.node["uses"],
                "\(uses) requires Kargo 1.\(kind.since); the manifest is checked for 1.\(lint.minorVersion)",
                "use other steps, or --kargo 1.\(kind.since) if your cluster runs it")
            return
        }
        guard let keys = kind.keys else { return }
        for entry in step.config?.mapping ?? [] {
            guard let since = keys[entry.key] else {
                report(
                    "config-key", at: YAMLNode(entry.value.value, line: entry.line),
                    "\(uses) has no key \(entry.key): the step fails its schema when it runs",
                    Self.remedy(uses, entry.key, keys))
                continue
            }
            if since > lint.minorVersion {
                report(
                    "config-key", at: YAMLNode(entry.value.value, line: entry.line),
                    "\(entry.key) of \(uses) requires Kargo 1.\(since); the manifest is checked for 1.\(lint.minorVersion)",
                    "remove it")
            }
        }
        for key in kind.required where step.config?[key] == nil {
            report("config-missing", at: step.config ?? step.node, "\(uses) requires the key \(key)", "add it")
        }
    }

    private static func remedy(_ uses: String, _ key: String, _ keys: [String: Int]) -> String {
        if uses == "git-push", ["branch", "target"].contains(key) { return "write targetBranch" }
        if let similar = ExpressionNames.similar(key, in: keys.keys) { return "write \(similar)" }
        return "the keys are \(keys.keys.sorted().joined(separator: ", "))"
    }
}
