internal import Documents
internal import KargoExpressions
internal import OCI

extension PromotionRunner {
    /// The environment of the expressions of a step.
    func environment(for step: PromotionTemplate.Step, variables: [JSONMember], isForVariables: Bool = false)
        -> ExpressionEnvironment
    {
        var environment = ExpressionEnvironment(
            variables: ["ctx": context, "vars": .object(variables)], functions: data,
            fields: ["imageFrom": ["RepoURL", "Tag", "Digest", "Annotations", "SubscriptionName"]])
        environment.variables["outputs"] = .sorted(outputs)
        if let space = space(of: step.alias) {
            let own = outputs.filter { self.space(of: $0.key) == space }.sorted { $0.key < $1.key }
            environment.variables["task"] = .members([
                "outputs": .object(
                    own.map { JSONMember(key: String($0.key.dropFirst(space.count + 2)), value: $0.value) })
            ])
        }
        if !isForVariables { environment.functions.merge(status(for: step)) { $1 } }
        return environment
    }

    /// The variables of the Promotion, then those of the step. A variable can refer to earlier ones; those of the
    /// Promotion cannot refer to outputs.
    func variables(of step: PromotionTemplate.Step) throws(ExpressionError) -> [JSONMember] {
        var members: [JSONMember] = []
        for (isOwn, variable) in template.variables.map({ (false, $0) }) + step.variables.map({ (true, $0) }) {
            var environment = environment(for: step, variables: members, isForVariables: true)
            if !isOwn {
                environment.variables["outputs"] = nil
                environment.variables["task"] = nil
            }
            let value = try ExpressionTemplate(parsing: variable.value).evaluate(in: environment)
            members.removeAll { $0.key == variable.name }
            members.append(JSONMember(key: variable.name, value: value))
        }
        return members
    }

    /// The alias of the task that a step belongs to.
    func space(of alias: String) -> String? {
        let parts = alias.split(separator: "::", omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : nil
    }

    private var context: JSONValue {
        .members([
            "project": .string(template.project), "promotion": .string(name), "stage": .string(template.stage),
            "targetFreight": .members([
                "name": .string(freight.first?.name ?? ""),
                "origin": .members(["name": .string(freight.first?.warehouse ?? "")]),
            ]), "meta": .members(["promotion": .members(["actor": .string(actor)])]),
        ])
    }

    private var data: [String: ExpressionEnvironment.Function] {
        let (cluster, freight) = (cluster, freight)
        @Sendable func text(_ arguments: [JSONValue], _ place: Int) throws -> String {
            guard arguments.indices.contains(place), case .string(let text) = arguments[place] else {
                throw StepFailure(.errored, "argument \(place + 1) must be a string")
            }
            return text
        }
        @Sendable func object(_ values: [String: String]?) -> JSONValue {
            .sorted((values ?? [:]).mapValues { .string($0) })
        }
        func metadata(_ kind: String) -> ExpressionEnvironment.Function {
            { arguments in
                let values = cluster.metadata(kind: kind, name: try text(arguments, 0))
                return values.isEmpty ? .null : .sorted(values)
            }
        }
        return [
            "warehouse": { arguments in
                .members(["Kind": "Warehouse", "Name": .string(try text(arguments, 0))])
            },
            "imageFrom": { arguments in
                let repository = try text(arguments, 0)
                var pieces = freight
                if arguments.count > 1 {
                    guard let origin = arguments[1]["Name"]?.string else {
                        throw StepFailure(.errored, "argument 2 must be an origin; write warehouse('name')")
                    }
                    pieces = pieces.filter { $0.warehouse == origin }
                }
                return pieces.lazy.compactMap { $0.image(repository) }.first ?? .null
            },
            "commitFrom": { _ in .null }, "chartFrom": { _ in .null }, "artifactFrom": { _ in .null },
            "secret": { arguments in object(cluster.secrets[try text(arguments, 0)]) },
            "configMap": { arguments in object(cluster.configMaps[try text(arguments, 0)]) },
            "sharedSecret": { _ in .object([]) }, "sharedConfigMap": { _ in .object([]) },
            "freightMetadata": metadata("Freight"), "stageMetadata": metadata("Stage"),
        ]
    }

    private func status(for step: PromotionTemplate.Step) -> [String: ExpressionEnvironment.Function] {
        let (failed, records, own) = (hasFailures, records, space(of: step.alias))
        return [
            "always": { _ in .bool(true) }, "success": { _ in .bool(!failed) }, "failure": { _ in .bool(failed) },
            "status": { arguments in
                guard case .string(let alias)? = arguments.first, !alias.isEmpty else {
                    throw StepFailure(.errored, "argument must be an alias")
                }
                let name = own.map { "\($0)::\(alias)" } ?? alias
                return .string(records.first { $0.alias == name }?.status?.rawValue ?? "")
            },
        ]
    }
}
