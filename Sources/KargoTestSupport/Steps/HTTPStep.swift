internal import Documents
internal import HTTPMessages
internal import KargoExpressions
internal import Support

/// `http`: sends a request and judges the response by the expressions of the step.
struct HTTPStep: PromotionStep {
    private static let maximumResponse = 2 << 20
    private static let defaultTimeout: Duration = .seconds(10)

    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        let isNew = context.cluster.minorVersion >= 11
        try config.only(
            "method", "url", "headers", "queryParams", "body", "insecureSkipTLSVerify", "timeout", "successExpression",
            "failureExpression", "outputs", "responseContentType", isNew ? "errorExpression" : "url",
            isNew ? "pollInterval" : "url",
            isNew ? "proxy" : "url")
        for output in try config.list("outputs") { try output.only("name", "fromExpression") }
        let request = try request(context)
        let timeout = try config.duration("timeout") ?? Self.defaultTimeout
        let environment = try await answer(to: request, within: timeout)
        let succeeded = try criterion("successExpression", config, environment)
        let failed = try criterion("failureExpression", config, environment)
        let status = environment.variables["response"]?["status"]?.int ?? 0
        if failed == true {
            var message = "HTTP (\(status)) response met failure criteria"
            if let text = try config.filled("errorExpression"),
                case .string(let found) = try evaluate(text, environment)
            {
                message += ": \(found)"
            }
            throw StepFailure(.failed, terminal: true, message)
        }
        if succeeded == true || succeeded == nil && failed == nil && (200..<300).contains(status) {
            return .succeeded(try outputs(config, environment))
        }
        // When neither expression is true, Kargo repeats the request until the timeout of the step.
        return StepOutcome(status: succeeded == nil && failed == nil ? .failed : .running)
    }

    private func request(_ context: StepContext) throws -> PlainRequest {
        let config = context.config
        var url = context.cluster.address(of: try config.required("url"))
        let parameters = try config.list("queryParams").map { parameter in
            try parameter.only("name", "value")
            let (name, value) = (try parameter.required("name"), try parameter.required("value"))
            return "\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))"
        }
        if !parameters.isEmpty { url += (url.contains("?") ? "&" : "?") + parameters.joined(separator: "&") }
        guard !url.contains("://169.254."), !url.contains("://[fe80:") else {
            throw StepFailure(.errored, "link-local addresses are not allowed")
        }
        var request = PlainRequest(url: url)
        let method = try config.filled("method") ?? "GET"
        guard ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"].contains(method) else {
            throw StepFailure.configuration("method \(method) is not allowed")
        }
        request.method = HTTPMethod(rawValue: method)
        for header in try config.list("headers") {
            try header.only("name", "value")
            request.headers.add(name: try header.required("name"), value: try header.required("value"))
        }
        if let body = try config.text("body") { request.body = Array(body.utf8) }
        return request
    }

    private func answer(to request: PlainRequest, within timeout: Duration) async throws -> ExpressionEnvironment {
        let status: Int
        let all: HTTPHeaders
        let body: [UInt8]
        do {
            (status, all, body) = try await request.send(limit: Self.maximumResponse, within: timeout)
        } catch {
            throw StepFailure(.errored, "error sending HTTP request: \(error)")
        }
        var headers: [JSONMember] = []
        for field in all.fields {
            let key = Self.canonical(field.name)
            let value = field.value
            if let index = headers.firstIndex(where: { $0.key == key }) {
                headers[index] = JSONMember(
                    key: key, value: .array((headers[index].value.array ?? []) + [.string(value)]))
            } else {
                headers.append(JSONMember(key: key, value: [.string(value)]))
            }
        }
        var parsed = JSONValue.object([])
        let isJSON = all.first(name: "Content-Type")?.hasPrefix("application/json") ?? false
        if !body.isEmpty {
            do {
                parsed = try JSONParser.parse(body, file: "response body")
            } catch  where isJSON {
                throw StepFailure(.errored, "failed to parse response: \(error)")
            } catch {
                parsed = .object([])
            }
            if parsed.members == nil, parsed.array == nil {
                guard !isJSON else { throw StepFailure(.errored, "the response is neither a map nor a list") }
                parsed = .object([])
            }
        }
        return ExpressionEnvironment(
            variables: [
                "response": .members([
                    "status": .number(String(status)), "headers": .object(headers), "body": parsed,
                ])
            ],
            functions: [
                "response.header": { arguments in
                    guard case .string(let name)? = arguments.first else { return "" }
                    return .string(all.first(name: name) ?? "")
                }
            ])
    }

    private func criterion(_ key: String, _ config: StepConfig, _ environment: ExpressionEnvironment) throws -> Bool? {
        guard let text = try config.filled(key) else { return nil }
        guard case .bool(let isTrue) = try evaluate(text, environment) else {
            throw StepFailure(.errored, "\(key) did not evaluate to a boolean")
        }
        return isTrue
    }

    private func outputs(_ config: StepConfig, _ environment: ExpressionEnvironment) throws -> JSONValue {
        .object(
            try config.list("outputs").map { output in
                JSONMember(
                    key: try output.required("name"),
                    value: try evaluate(try output.required("fromExpression"), environment))
            })
    }

    private func evaluate(_ text: String, _ environment: ExpressionEnvironment) throws -> JSONValue {
        let expression: KargoExpression
        do {
            expression = try KargoExpression(parsing: text)
        } catch {
            throw StepFailure(.errored, terminal: true, "error compiling expression \(text): \(error)")
        }
        do {
            return try expression.evaluate(in: environment)
        } catch {
            throw StepFailure(.errored, "error evaluating expression \(text): \(error)")
        }
    }

    /// The canonical form of a header name in Go: `Content-Type`.
    private static func canonical(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined(separator: "-")
    }
}
