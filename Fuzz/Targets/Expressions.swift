import Documents
import KargoExpressions

extension FuzzTarget {
    /// Expressions of Kargo and templates with them: a text has one result, and each piece of a template is where it says.
    static let expressions = FuzzTarget(name: "expressions") { bytes throws(Finding) in
        let text = String(decoding: bytes, as: UTF8.self)
        let object = JSONValue.members(["a": [1, "b", .null], "b": .members(["c": .number("1.5")])])
        let environment = ExpressionEnvironment(variables: ["vars": object, "x": "x,y", "n": 3])
        if let expression = try? KargoExpression(parsing: text) {
            let results = (0..<2).map { _ in Result { try expression.evaluate(in: environment) }.map(\.text) }
            try Finding.unless("\(results[0])" == "\(results[1])", "\(results)")
        }
        guard let template = try? ExpressionTemplate(parsing: text) else { return }
        var end = 0
        for case .expression(_, let offset) in template.segments {
            try Finding.unless(offset >= end && offset <= text.utf8.count, "an expression at \(offset) after \(end)")
            end = offset
        }
        if !ExpressionTemplate.hasExpression(text) {
            try Finding.unless(template.expressions.isEmpty, "an expression without delimiters")
        }
        _ = try? template.evaluate(in: environment)
    }
}
