public import Documents

/// What an expression may see: variables, and functions of the host beside those of the language.
public struct Environment: Sendable {
    /// A function of the host. What it throws becomes the error of the evaluation.
    public typealias Function = @Sendable ([JSONValue]) throws -> JSONValue

    /// The variables by name. One that is not here is nil, as it is to Kargo.
    public var variables: [String: JSONValue]
    /// The host's functions by name; `response.header` is called as `response.header("x")`.
    public var functions: [String: Function]
    /// The fields of what a function returns, where that is a record: asking it for another one is an error, not nil.
    public var fields: [String: Set<String>]

    /// Gathers what there is.
    public init(
        variables: [String: JSONValue] = [:], functions: [String: Function] = [:], fields: [String: Set<String>] = [:]
    ) {
        self.variables = variables
        self.functions = functions
        self.fields = fields
    }
}
