internal import Archive
internal import CapsuleCore
internal import CapsuleDelivery
internal import CapsuleTrust
internal import OCI
internal import Processes

/// How a run ends, as the shell sees it. This file is the only one that maps errors to numbers.
struct ExitStatus: Hashable, Sendable {
    let code: Int32

    /// It did what was asked.
    static let ok = ExitStatus(code: 0)
    /// It could not: something is missing, broken or in the way.
    static let failure = ExitStatus(code: 1)
    /// What was asked for makes no sense: arguments, names, configuration.
    static let usage = ExitStatus(code: 64)
    /// Verification, a gate or a proof says no.
    static let rejected = ExitStatus(code: 65)
    /// The registry or the Git remote cannot be reached.
    static let unavailable = ExitStatus(code: 69)
    /// The registry or the Git remote refuses the credentials, or wants some.
    static let denied = ExitStatus(code: 77)
    /// Stopped by a signal: 128 and its number, as shells count.
    static func stopped(by signal: Int32) -> ExitStatus { ExitStatus(code: 128 + signal) }

    init(code: Int32) { self.code = code }

    /// The status for an error of any library.
    init(_ error: any Error) {
        switch error {
        case let error as UsageError: self = error.status
        case let error as Interrupted: self = .stopped(by: error.signal)
        case is CancellationError: self = .stopped(by: 2)
        case let error as OCIError: self.init(error.code)
        case let error as CapsuleError: self.init(error.code)
        case let error as DeliveryError: self.init(error.code)
        case let error as ArchiveError: self.init(error.code)
        case is VerificationRejection, is RenderRejection: self = .rejected
        default: self = .failure
        }
    }

    private init(_ code: OCIError.Code) {
        switch code {
        case .invalidName: self = .usage
        case .invalidManifest, .contentMismatch, .tooLarge, .tagExists: self = .rejected
        case .unavailable: self = .unavailable
        case .unauthorized: self = .denied
        default: self = .failure
        }
    }

    private init(_ code: CapsuleError.Code) {
        switch code {
        case .invalidName, .invalidDocument: self = .usage
        case .invalidPackage, .invalidMetadata, .limitExceeded, .alreadyPublished, .notACapsule: self = .rejected
        default: self = .failure
        }
    }

    private init(_ code: ArchiveError.Code) {
        switch code {
        case .io, .exists, .compressor: self = .failure
        default: self = .rejected
        }
    }

    private init(_ code: DeliveryError.Code) {
        switch code {
        case .invalidName: self = .usage
        case .unusableTree: self = .rejected
        case .unavailable, .moved: self = .unavailable
        case .unauthorized: self = .denied
        default: self = .failure
        }
    }
}

/// What was asked for makes no sense, found after the arguments were parsed.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    var status: ExitStatus = .usage

    init(_ description: String) { self.description = description }
}
