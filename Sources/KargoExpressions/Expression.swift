public import Documents

/// An expression of the language that Kargo's manifests use (expr-lang), as far as promotion steps use it.
///
/// The whole grammar is read, so that no valid expression is called wrong. Evaluation covers literals, operators, members,
/// calls, predicates and the common functions; `ExpressionError.Code.unsupported` names what it does not.
public struct Expression: Sendable {
    /// The text that was read.
    public let source: String
    /// What it mentions.
    public let references: ExpressionReferences
    private let root: Node
    private let limits: ExpressionLimits

    /// Reads an expression.
    ///
    /// - Throws: `ExpressionError.Code.syntax`, `.limit`
    public init(parsing source: String, limits: ExpressionLimits = .standard) throws(ExpressionError) {
        root = try Parser.parse(source, limits: limits)
        self.source = source
        self.limits = limits
        references = ExpressionReferences(root)
    }

    /// The value of the expression.
    public func evaluate(in environment: Environment) throws(ExpressionError) -> JSONValue {
        var evaluator = Evaluator(environment: environment, steps: limits.steps)
        return try evaluator.value(of: root)
    }
}
