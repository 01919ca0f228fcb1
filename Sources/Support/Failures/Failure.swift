/// An error of one of the libraries, in the form that every interface of the program reports. JSON output shows the
/// code, the kind determines the exit status and the HTTP status, and the message is for people.
public protocol Failure: Error, Sendable, CustomStringConvertible {
    /// The error codes of the library: ``FailureCode`` of the conforming type.
    associatedtype Code: FailureCodeProtocol
    /// The code of the failure.
    var code: Code { get }
    /// The message: what happened, to which thing, and what to do. It never contains a credential or a URL query.
    var message: String { get }
    /// All problems, when one check found several.
    var findings: [Finding] { get }
}

extension Failure {
    /// The kind of failure.
    public var kind: FailureKind { code.kind }
    /// The default: no findings, because the message is complete.
    public var findings: [Finding] { [] }
    /// The message, followed by one line for each finding.
    public var description: String {
        ([message.escapedForDisplay(keepingLines: true)] + findings.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// The kinds of failure that callers treat differently, independent of the library that reports them.
public enum FailureKind: Sendable, CaseIterable {
    /// The arguments, a name or the configuration are wrong: exit status 64.
    case usage
    /// The content was examined and rejected: exit status 65.
    case rejected
    /// A registry or a Git remote cannot be reached, or keeps failing: exit status 69.
    case unavailable
    /// A registry or a Git remote requires other credentials: exit status 77.
    case unauthorized
    /// Something is missing or damaged, or already exists: exit status 1.
    case failure
}

/// The common properties of the error codes of all libraries.
public protocol FailureCodeProtocol: Hashable, Sendable, CustomStringConvertible {
    /// The kind of every failure with this code.
    var kind: FailureKind { get }
}

/// One of the error codes of a library. Codes are stable across releases and can be used in a `switch`.
///
/// `Owner` is the error type. Codes are static members in extensions: `extension FailureCode where Owner == OCIError`.
public struct FailureCode<Owner>: FailureCodeProtocol {
    /// The name in JSON output.
    public let description: String
    /// The kind of every failure with this code.
    public let kind: FailureKind

    /// Creates a code.
    public init(_ name: String, _ kind: FailureKind) {
        description = name
        self.kind = kind
    }
}
