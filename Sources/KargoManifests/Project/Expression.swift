internal import Documents
internal import Support

/// Text of Kargo's expression language, put together so that what comes from a configuration stays text.
enum Expression {
    /// A string literal of the language.
    static func text(_ value: String) -> String {
        let escaped = YAMLText.quoted(value).dropFirst().dropLast().replacing("\\\"", with: "\"")
        return "'\(escaped.replacing("'", with: "\\'"))'"
    }

    /// A whole value that is an expression.
    static func value(_ expression: String) -> Node { .text("${{ \(expression) }}") }

    /// A whole value that stays text, whatever it looks like: ids of digits alone would become numbers.
    static func quoted(_ expression: String) -> Node { .text("${{ quote(\(expression)) }}") }

    /// A whole value that is the text itself, of several lines too. `quote()` would escape the line ends; double quotes
    /// around a result are taken away and nothing else is done to it.
    static func verbatim(_ expression: String) -> Node { .text("${{ '\"' + \(expression) + '\"' }}") }

    /// A map as JSON text. The delimiter is the one that two closing braces do not end.
    static func json(_ map: String) -> Node { .block("${% quote(\(map)) %}") }

    /// A condition that keeps a step from running when one before it failed: any `if` takes that protection away.
    static func onlyIf(_ condition: String) -> Node { value("success() && \(condition)") }

    /// A map literal of the language, an entry a line.
    static func map(_ pairs: KeyValuePairs<String, String>) -> String {
        let entries = pairs.map { "\(text($0.key)): \($0.value)".replacing("\n", with: "\n  ") }
        return "{\n  \(entries.joined(separator: ",\n  "))\n}"
    }
}
