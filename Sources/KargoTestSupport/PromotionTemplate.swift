internal import Documents
internal import KargoExpressions

/// The steps and variables of a Promotion, created from a Stage.
struct PromotionTemplate: Sendable {
    struct Variable: Sendable {
        var name: String
        var value: String
    }

    struct Step: Sendable {
        var alias: String
        var kind: String
        var condition: String?
        var continueOnError = false
        var timeout: Duration?
        var errorThreshold = 0
        var variables: [Variable] = []
        var config: JSONValue?
    }

    var stage: String
    var project: String
    var variables: [Variable]
    var steps: [Step]

    /// Reads a Stage, and replaces each step that refers to a task by the steps of the task.
    init(stage: JSONValue, tasks: [JSONValue], hasWebhooks: Bool) throws {
        guard stage["kind"]?.string == "Stage", let metadata = stage["metadata"],
            let name = metadata["name"]?.string, let project = metadata["namespace"]?.string
        else { throw InterpreterError(description: "the manifest is not a Stage with a name and a namespace") }
        self.stage = name
        self.project = project
        let template = stage["spec"]?["promotionTemplate"]?["spec"]
        variables =
            try Self.variables(stage["spec"]?["vars"]) + Self.variables(template?["vars"])
        steps = []
        for (index, step) in (template?["steps"]?.array ?? []).enumerated() {
            let alias = try Self.alias(of: step) ?? ""
            if let task = step["task"] {
                // The CRD requires `uses`; only the webhook replaces a task.
                guard hasWebhooks else { throw InterpreterError(description: "a task on a cluster without webhooks") }
                steps += try inflate(task, alias.isEmpty ? "task-\(index + 1)" : alias, step, tasks)
            } else {
                steps.append(try Self.step(step, alias: alias.isEmpty && hasWebhooks ? "step-\(index + 1)" : alias))
            }
        }
        let named = steps.map(\.alias).filter { !$0.isEmpty }
        guard Set(named).count == named.count else {
            throw InterpreterError(description: "two steps have the same alias")
        }
    }

    private func inflate(_ reference: JSONValue, _ alias: String, _ step: JSONValue, _ tasks: [JSONValue]) throws
        -> [Step]
    {
        let kind = reference["kind"]?.string ?? "PromotionTask"
        let name = reference["name"]?.string ?? ""
        guard
            let task = tasks.first(where: {
                $0["kind"]?.string == kind && $0["metadata"]?["name"]?.string == name
            })
        else { throw InterpreterError(description: "\(kind) \(name) does not exist") }
        let given = try Self.variables(step["vars"])
        var variables: [Variable] = []
        for variable in try Self.variables(task["spec"]?["vars"]) {
            if given.contains(where: { $0.name == variable.name }) { continue }
            if self.variables.contains(where: { $0.name == variable.name && !$0.value.isEmpty }) { continue }
            guard !variable.value.isEmpty else {
                throw InterpreterError(description: "task \(name): the variable \(variable.name) has no value")
            }
            variables.append(variable)
        }
        return try (task["spec"]?["steps"]?.array ?? []).enumerated().map { index, inner in
            let own = try Self.alias(of: inner) ?? "step-\(index + 1)"
            var result = try Self.step(inner, alias: "\(alias)::\(own)")
            result.variables = variables + given + result.variables
            return result
        }
    }

    /// The alias of a step. Kubernetes rejects `as: no`, which is a boolean.
    private static func alias(of step: JSONValue) throws -> String? {
        guard let alias = step["as"] else { return nil }
        guard let text = alias.string else {
            throw InterpreterError(description: "the alias of a step is not a string")
        }
        return text
    }

    private static func step(_ step: JSONValue, alias: String) throws -> Step {
        guard let kind = step["uses"]?.string else { throw InterpreterError(description: "a step has no key uses") }
        let retry = step["retry"]
        return Step(
            alias: alias, kind: kind, condition: step["if"]?.string,
            continueOnError: step["continueOnError"] == .bool(true),
            timeout: retry?["timeout"]?.string.flatMap { Duration(go: $0) },
            errorThreshold: Int(retry?["errorThreshold"]?.int ?? 0), variables: try variables(step["vars"]),
            config: step["config"])
    }

    private static func variables(_ list: JSONValue?) throws -> [Variable] {
        try (list?.array ?? []).map { variable in
            guard let name = variable["name"]?.string else {
                throw InterpreterError(description: "a variable has no name")
            }
            switch variable["value"] {
            case nil, .null?: return Variable(name: name, value: "")
            case .string(let text)?: return Variable(name: name, value: text)
            default: throw InterpreterError(description: "the value of the variable \(name) must be a string")
            }
        }
    }
}
