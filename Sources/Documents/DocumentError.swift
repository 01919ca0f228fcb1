public import Support

/// An invalid YAML or JSON document. The message names the file, the line and the key, and says what to write instead.
public struct DocumentError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<DocumentError>

    /// Which failure this is.
    public let code: Code
    /// What is wrong, with file and line.
    public let message: String
    /// Every problem, where one run of a check found several.
    public let findings: [Finding]
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
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
