internal import CapsuleCore
internal import CapsuleDelivery
internal import OCI

/// Why a request gets no verdict: the HTTP status, and a line for whoever asked.
struct ServiceError: Error, Sendable {
    let status: Int
    let reason: String
    /// After how many seconds to ask again, where that helps.
    var retryAfter: Int?

    init(_ status: Int, _ reason: String, retryAfter: Int? = nil) {
        self.status = status
        self.reason = reason.printable()
        self.retryAfter = retryAfter
    }

    /// Too much is asked at once.
    static let busy = ServiceError(
        429, "as many requests wait as may; ask again in a moment, or run more replicas", retryAfter: 1)

    /// The service is about to stop.
    static let draining = ServiceError(503, "the service is shutting down; ask again", retryAfter: 1)

    /// The work took longer than its limit.
    static func timedOut(_ time: Duration) -> ServiceError {
        ServiceError(503, "there was no answer within \(time.components.seconds) seconds; ask again", retryAfter: 5)
    }

    /// The request is not what it should be.
    static func malformed(_ reason: String) -> ServiceError { ServiceError(400, reason) }

    /// What an error of the libraries says about a request: 422 where the answer is no, 503 where there is none.
    init(_ error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case is CancellationError: self = .draining
        case let error as OCIError: self.init(Self.status(error.code), error.message, retryAfter: 5)
        case let error as DeliveryError: self.init(Self.status(error.code), error.message, retryAfter: 5)
        case let error as CapsuleError: self.init(422, error.description)
        case let error as RenderRejection: self.init(422, error.description)
        default: self.init(500, "this should not have happened: \(error)")
        }
        if status != 503 && status != 429 { retryAfter = nil }
    }

    private static func status(_ code: OCIError.Code) -> Int {
        switch code {
        case .unavailable, .unauthorized, .io: 503
        default: 422
        }
    }

    private static func status(_ code: DeliveryError.Code) -> Int {
        switch code {
        case .notFound, .unusableTree, .invalidName, .rendererFailed, .outputLimit: 422
        default: 503
        }
    }
}
