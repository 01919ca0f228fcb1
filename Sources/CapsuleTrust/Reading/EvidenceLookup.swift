internal import Archive
internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

/// The result of reading one input of a verification.
enum EvidenceLookup<Value: Sendable>: Sendable {
    /// The input was read.
    case value(Value)
    /// The input was read or looked up, and its content is rejected.
    case rejected(RejectionReason)
    /// The input was not read, because an earlier one is missing. The text says which.
    case notAttempted(String)

    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

/// The reason why some content is rejected, and what to do about it.
struct RejectionReason: Error, Sendable {
    let reason: String
    /// The remedy; nil when the reason includes it.
    let remedy: String?

    init(_ reason: String, remedy: String?) {
        self.reason = reason
        self.remedy = remedy
    }

    static let rebuild = "build and publish the release again with `capsule publish`"
    static let publishAgain = "try again; if it repeats, publish the release again from its commit"

    /// Creates a reason from an error about the content. Nil for an error that allows no verdict, such as a network
    /// failure: the caller must throw it.
    init?(_ error: any Error) {
        switch error {
        case let error as OCIError:
            let aboutContent: [OCIError.Code] = [
                .contentMismatch, .invalidManifest, .invalidName, .tooLarge, .notFound, .protocolViolation,
            ]
            guard aboutContent.contains(error.code) else { return nil }
            self.init(error.message, remedy: error.code == .contentMismatch ? nil : Self.publishAgain)
        case let error as ArchiveError:
            guard error.code != .io, error.code != .exists else { return nil }
            self.init(error.message, remedy: "build the capsule with `capsule build`")
        case let error as any Failure where error is CapsuleError || error is DocumentError:
            self.init(error.description, remedy: "build the capsule with `capsule build`")
        default: return nil
        }
    }
}

/// Runs `body`. Errors about the content become `.rejected`; errors that allow no verdict (network, authorization, I/O)
/// are thrown.
func capturingRejection<Value: Sendable>(_ body: () async throws -> Value) async throws -> EvidenceLookup<Value> {
    do {
        return .value(try await body())
    } catch {
        guard let rejection = RejectionReason(error) else { throw error }
        return .rejected(rejection)
    }
}
