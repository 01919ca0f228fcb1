/// An error of one of the libraries, as every interface of the program reports it: the code is the name that JSON output
/// shows, its kind decides the exit status and the HTTP status, and the message is for people.
public protocol Failure: Error, Sendable, CustomStringConvertible {
    /// The library's own error codes: ``FailureCode`` of the conforming type.
    associatedtype Code: FailureCodeProtocol
    /// Which failure this is.
    var code: Code { get }
    /// What happened, to which thing, and what to do. Never holds a credential or a URL query.
    var message: String { get }
    /// Every problem, where one run of a check found several.
    var findings: [Finding] { get }
}

extension Failure {
    /// The kind of failure.
    public var kind: FailureKind { code.kind }
    /// No findings: the message says everything.
    public var findings: [Finding] { [] }
    /// The message, and each finding on a line of its own.
    public var description: String { ([message] + findings.map { "  \($0)" }).joined(separator: "\n") }
}

extension Error {
    /// The message of a ``Failure``, without its findings; of any other error its description.
    package var message: String { (self as? any Failure)?.message ?? "\(self)" }
}

/// The kinds of failure that callers treat differently, whichever library reports them.
public enum FailureKind: Sendable, CaseIterable {
    /// The arguments, a name or the configuration are wrong: exit status 64.
    case usage
    /// The content was examined and rejected: exit status 65.
    case rejected
    /// A registry or a Git remote cannot be reached, or keeps failing: exit status 69.
    case unavailable
    /// A registry or a Git remote requires other credentials: exit status 77.
    case unauthorized
    /// Something is missing, damaged or in the way: exit status 1.
    case failure
}

/// What the error codes of all libraries have in common.
public protocol FailureCodeProtocol: Hashable, Sendable, CustomStringConvertible {
    /// The kind of every failure with this code.
    var kind: FailureKind { get }
}

/// One of the error codes of a library, stable across releases and fit for a `switch`.
///
/// `Owner` is the error type. Codes are static members in extensions: `extension FailureCode where Owner == OCIError`.
public struct FailureCode<Owner>: FailureCodeProtocol {
    /// The name that JSON output shows.
    public let description: String
    /// The kind of every failure with this code.
    public let kind: FailureKind

    /// Names a code.
    public init(_ name: String, _ kind: FailureKind) {
        description = name
        self.kind = kind
    }
}
