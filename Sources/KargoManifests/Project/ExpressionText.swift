internal import Documents
internal import Support

/// Writes text in Kargo's expression language. A value of the configuration is always written as a string literal, so
/// that Kargo never evaluates it.
enum ExpressionText {
    /// A string literal of the language.
    static func literal(_ value: String) -> String {
        let escaped = YAMLText.quoted(value).dropFirst().dropLast().replacing("\\\"", with: "\"")
        return "'\(escaped.replacing("'", with: "\\'"))'"
    }

    /// A whole value that is an expression. Kargo converts a result that looks like a number, a boolean or JSON.
    static func value(_ expression: String) -> JSONValue { .string("${{ \(expression) }}") }

    /// A whole value that stays a string: without `quote()`, an id of digits alone becomes a number.
    static func quoted(_ expression: String) -> JSONValue { .string("${{ quote(\(expression)) }}") }

    /// A whole value that stays a string of several lines. `quote()` would escape the line ends; Kargo only removes the
    /// double quotes around a result.
    static func verbatim(_ expression: String) -> JSONValue { .string("${{ '\"' + \(expression) + '\"' }}") }

    /// A map as JSON text. The `${% %}` delimiters are required because the `}}` of nested maps ends `${{ }}` early.
    static func json(_ map: String) -> JSONValue { .string("${% quote(\(map)) %}\n") }

    /// A condition that also requires that no earlier step failed: a step with `if` loses Kargo's default of being
    /// skipped after a failure.
    static func onlyIf(_ condition: String) -> JSONValue { value("success() && \(condition)") }

    /// A map literal of the language, one entry on each line.
    static func map(_ pairs: KeyValuePairs<String, String>) -> String {
        let entries = pairs.map { "\(literal($0.key)): \($0.value)".replacing("\n", with: "\n  ") }
        return "{\n  \(entries.joined(separator: ",\n  "))\n}"
    }
}
