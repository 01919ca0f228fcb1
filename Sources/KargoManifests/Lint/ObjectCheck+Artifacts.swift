internal import Documents
internal import KargoExpressions
internal import Support

extension ObjectCheck {
    /// The functions that return an artifact, each with the kind of subscription that must name exactly the same
    /// repository.
    private static let subscriptions = ["imageFrom": "image", "commitFrom": "git", "chartFrom": "chart"]

    /// Checks `freightCreationCriteria` of a Warehouse: an expression without delimiters over the discovered artifacts.
    mutating func checkCriteria() {
        guard let node = object.node["spec"]?["freightCreationCriteria"]?["expression"], let text = node.string else {
            return
        }
        guard !ExpressionTemplate.hasExpression(text) else {
            report(
                "criteria", at: node, "freightCreationCriteria is an expression without delimiters",
                "remove the delimiters")
            return
        }
        do {
            let references = try KargoExpression(parsing: text).references
            for call in references.calls {
                if let fields = ExpressionNames.discovered[call.name] {
                    if let field = call.field, !fields.contains(field) {
                        report(
                            "artifact-field", at: node,
                            "in freightCreationCriteria, the result of \(call.name)() has no field \(field)",
                            ExpressionNames.similar(field, in: fields).map { "write .\($0)" }
                                ?? "its fields are \(fields.joined(separator: ", "))")
                    }
                    if let repository = call.firstArgument { check(repository, of: call.name, in: [object], at: node) }
                } else if !Builtin.names.contains(call.name) {
                    report(
                        "criteria", at: node, "the function \(call.name)() does not exist in freightCreationCriteria",
                        "use \(ExpressionNames.discovered.keys.sorted().joined(separator: ", ")) or a function of the language"
                    )
                }
            }
        } catch {
            report(
                "criteria", at: node, "the expression cannot be read: \(error.message), at byte \(error.offset + 1)",
                "correct the expression")
        }
    }

    /// Checks that a Warehouse subscribes to every artifact that the steps use, when all Warehouses of the Stage were
    /// read.
    mutating func checkArtifacts(_ spec: YAMLNode?) {
        let names = (spec?["requestedFreight"]?.sequence ?? []).compactMap { $0["origin"]?["name"]?.string }
        let warehouses = names.compactMap { name in
            others.first("Warehouse", name, in: object.namespace)
        }
        guard !names.isEmpty, warehouses.count == names.count else { return }
        var constants: [String: String] = [:]
        for list in [spec?["vars"], spec?["promotionTemplate"]?["spec"]?["vars"]] {
            for variable in list?.sequence ?? [] {
                guard let name = variable["name"]?.string, let value = variable["value"]?.string else { continue }
                constants[name] = ExpressionTemplate.hasExpression(value) ? nil : value
            }
        }
        for step in steps {
            self.step = step
            visit(step.node) { check, node in
                guard check.budget.spend() else { return }
                guard let text = node.string, let template = try? ExpressionTemplate(parsing: text) else { return }
                for call in template.expressions.flatMap(\.references.calls) {
                    let repository = call.firstArgument ?? call.firstVariable.flatMap { constants[$0] }
                    if let repository { check.check(repository, of: call.name, in: warehouses, at: node) }
                }
            }
        }
        step = nil
    }

    private mutating func visit(_ node: YAMLNode, _ body: (inout ObjectCheck, YAMLNode) -> Void) {
        switch node.value {
        case .mapping(let entries): for entry in entries { visit(entry.value, body) }
        case .sequence(let elements): for element in elements { visit(element, body) }
        case .scalar: body(&self, node)
        }
    }

    private mutating func check(
        _ repository: String, of function: String, in warehouses: [LintedObject], at node: YAMLNode
    ) {
        guard let kind = Self.subscriptions[function] else { return }
        let all = warehouses.flatMap { $0.node["spec"]?["subscriptions"]?.sequence ?? [] }
            .compactMap { $0[kind]?["repoURL"]?.string }
        guard budget.spend(all.count), !all.contains(repository) else { return }
        report(
            "artifact-unknown", at: node,
            "there is no subscription to the \(kind) repository \(repository): \(function)() returns nil",
            ExpressionNames.similar(repository, in: all).map { "write \($0)" }
                ?? (all.isEmpty ? "subscribe to it" : "the subscriptions are \(ExpressionNames.list(all))"))
    }
}
