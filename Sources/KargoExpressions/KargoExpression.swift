package import Documents
internal import Support

/// An expression of the language that Kargo's manifests use (expr-lang).
///
/// The parser accepts the whole grammar, so no valid expression is reported as invalid. Evaluation covers literals,
/// operators, members, calls, predicates and the common functions; anything else throws
/// `ExpressionError.Code.unsupported`.
package struct KargoExpression: Sendable {
    /// The text of the expression.
    package let source: String
    /// The variables and functions that the expression refers to.
    package let references: ExpressionReferences
    private let root: SyntaxNode
    private let limits: ExpressionLimits

    /// Parses an expression.
    ///
    /// - Throws: `ExpressionError.Code.syntax`, `.limit`
    package init(parsing source: String, limits: ExpressionLimits = .standard) throws(ExpressionError) {
        root = try Parser.parse(source, limits: limits)
        self.source = source
        self.limits = limits
        references = ExpressionReferences(root)
    }

    /// The value of the expression in an environment.
    package func evaluate(in environment: ExpressionEnvironment) throws(ExpressionError) -> JSONValue {
        var evaluator = Evaluator(environment: environment, steps: limits.steps)
        return try evaluator.value(of: root)
    }
}

/// The variables and functions that an expression can use, in addition to the functions of the language.
package struct ExpressionEnvironment: Sendable {
    /// A function of the host. An error that it throws becomes the error of the evaluation.
    package typealias Function = @Sendable ([JSONValue]) throws -> JSONValue

    /// The variables by name. As in Kargo, any other variable is nil.
    package var variables: [String: JSONValue]
    /// The functions of the host by name. A name may contain a dot: `response.header` is called as
    /// `response.header("x")`.
    package var functions: [String: Function]
    /// The fields of the record that a function returns. Access to any other field is an error, not nil.
    package var fields: [String: Set<String>]

    /// Creates an environment.
    package init(
        variables: [String: JSONValue] = [:], functions: [String: Function] = [:], fields: [String: Set<String>] = [:]
    ) {
        self.variables = variables
        self.functions = functions
        self.fields = fields
    }
}

/// The limits of parsing and evaluation.
package struct ExpressionLimits: Hashable, Sendable {
    /// The maximum length of the text, in bytes.
    package var bytes: Int
    /// The maximum nesting of parentheses, arguments and operands.
    package var depth: Int
    /// The maximum height of the syntax tree: a chain of a hundred members or sums has that height without parentheses.
    package var height: Int
    /// The maximum number of steps of one evaluation: each visit of a node is a step.
    package var steps: Int

    /// Sets limits.
    package init(bytes: Int, depth: Int, height: Int, steps: Int) {
        self.bytes = bytes
        self.depth = depth
        self.height = height
        self.steps = steps
    }

    /// 16 KiB is ten times the longest expression in use; 64 levels and a height of 128 fit on the stack of any thread;
    /// 100,000 steps take some ten milliseconds.
    package static let standard = ExpressionLimits(bytes: 16 << 10, depth: 64, height: 128, steps: 100_000)
}

/// The reason why an expression cannot be parsed or has no value.
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: String, Sendable {
        /// The text is not an expression of the language.
        case syntax
        /// The text or its evaluation exceeds a limit.
        case limit
        /// The expression calls a function that does not exist.
        case unknownFunction = "unknown-function"
        /// An operator, a function or a member access got a value of the wrong type.
        case type
        /// The expression accesses a member of nil, or an element or field that does not exist.
        case missing
        /// The language has the feature, and this implementation does not.
        case unsupported
        /// A function of the host failed.
        case function
    }

    /// The kind of failure.
    package let code: Code
    /// The problem.
    package let message: String
    /// The position in the expression, in bytes from its start.
    package let offset: Int

    /// Describes a failure.
    package init(_ code: Code, _ message: String, offset: Int = 0) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    /// The message and the position.
    package var description: String { "\(message) (at byte \(offset + 1) of the expression)" }
}
