internal import Archive
internal import CapsuleCore
internal import Documents
internal import OCI
internal import Support

/// A fact, or why there is none.
enum Found<Value: Sendable>: Sendable {
    /// It is this.
    case value(Value)
    /// It was looked for, and what was found is not acceptable.
    case refused(Refusal)
    /// It was not looked for, because something before it is missing.
    case unknown(String)

    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

/// Why something is not acceptable, and what to do.
struct Refusal: Error, Sendable {
    let reason: String
    /// What to do; nil where the reason says it already.
    let remedy: String?

    init(_ reason: String, remedy: String?) {
        self.reason = reason
        self.remedy = remedy
    }
}

extension Refusal {
    /// What an error says about the content. Nil when it says that the content could not be looked at: then there is no
    /// verdict, and the error is thrown on.
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

    static let publishAgain = "try again; if it repeats, publish the release again from its commit"
}

/// Runs a look at content: an answer, a refusal, or an error that says there is no answer.
func look<Value: Sendable>(_ body: () async throws -> Value) async throws -> Found<Value> {
    do {
        return .value(try await body())
    } catch {
        guard let refusal = Refusal(error) else { throw error }
        return .refused(refusal)
    }
}
