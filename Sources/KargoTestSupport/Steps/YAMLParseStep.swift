internal import CapsuleTestSupport
internal import Documents
internal import KargoExpressions

/// `yaml-parse`: evaluates expressions over the keys of a YAML document.
struct YAMLParseStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("path", "outputs")
        let relative = try config.required("path")
        let outputs = try config.list("outputs")
        guard !outputs.isEmpty else { throw StepFailure.configuration("outputs is empty") }
        guard let bytes = try? readFile(context.path(relative)) else {
            throw StepFailure(.errored, "error reading YAML file \(relative): no such file or directory")
        }
        guard let root = try? YAMLParser.documents(bytes, file: relative).first else {
            throw StepFailure(.errored, "\(relative) is not valid YAML")
        }
        let document = JSONValue(manifest: root)
        let environment = ExpressionEnvironment(
            variables: Dictionary((document.members ?? []).map { ($0.key, $0.value) }) { first, _ in first },
            functions: [:])
        return .succeeded(
            .object(
                try outputs.map { output in
                    try output.only("name", "fromExpression")
                    let text = try output.required("fromExpression")
                    do {
                        return JSONMember(
                            key: try output.required("name"),
                            value: try KargoExpression(parsing: text).evaluate(in: environment))
                    } catch let error as ExpressionError {
                        throw StepFailure(.errored, "error evaluating expression \(text): \(error)")
                    }
                }))
    }
}
