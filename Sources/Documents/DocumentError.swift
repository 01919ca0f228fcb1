public import Support

/// An invalid YAML or JSON document. The message names the file, the line and the key, and the expected value.
public struct DocumentError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<DocumentError>

    /// The code of the failure.
    public let code: Code
    /// The message, with file and line.
    public let message: String
    /// All problems, when one check found several.
    public let findings: [Finding]
    /// The underlying error, if there is one.
    public let cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, findings: [Finding] = [], cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.findings = findings
        self.cause = cause
    }
}

extension FailureCode where Owner == DocumentError {
    /// The document does not follow its grammar or its schema.
    public static var invalidDocument: Self { Self("invalid-document", .usage) }
    /// The document is larger or more deeply nested than the limit in the message.
    public static var limitExceeded: Self { Self("limit-exceeded", .rejected) }
}
