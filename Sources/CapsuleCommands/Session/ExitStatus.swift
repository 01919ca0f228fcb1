internal import CapsuleTrust
internal import Documents
internal import GitOps
internal import OCI
internal import ReleaseWorkflows
internal import Rendering
internal import Support

/// The exit status of a run. No other file maps errors to numbers.
struct ExitStatus: Hashable, Sendable {
    let code: Int32

    /// Success.
    static let ok = ExitStatus(code: 0)
    /// Failure: something is missing or broken.
    static let failure = ExitStatus(code: 1)
    /// Wrong arguments, names or configuration.
    static let usage = ExitStatus(code: 64)
    /// A check, a gate or a proof failed.
    static let rejected = ExitStatus(code: 65)
    /// The registry or the Git remote cannot be reached.
    static let unavailable = ExitStatus(code: 69)
    /// The registry or the Git remote rejects the credentials, or requires some.
    static let denied = ExitStatus(code: 77)
    /// Stopped by a signal: 128 plus its number, as in shells.
    static func stopped(by signal: Int32) -> ExitStatus { ExitStatus(code: 128 + signal) }

    init(code: Int32) { self.code = code }

    /// The status for an error of any library.
    init(_ error: any Error) {
        switch error {
        case let error as UsageError: self = error.status
        case let error as Interrupted: self = .stopped(by: error.signal)
        case is CancellationError: self = .stopped(by: 2)
        case let error as any Failure: self.init(error.kind)
        case is VerificationRejection, is RenderRejection, is TrialRejection: self = .rejected
        default: self = .failure
        }
    }

    private init(_ kind: FailureKind) {
        switch kind {
        case .usage: self = .usage
        case .rejected: self = .rejected
        case .unavailable: self = .unavailable
        case .unauthorized: self = .denied
        case .failure: self = .failure
        }
    }
}

/// A usage error that was found after the arguments were parsed.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    var status: ExitStatus = .usage

    init(_ description: String) { self.description = description }
}
