internal import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

/// The failure of a request: the HTTP status, and one line for the caller.
struct ServiceError: Error, Sendable {
    let status: Int
    let reason: String
    /// The number of seconds after which to repeat the request; nil when a repetition does not help.
    var retryAfter: Int?
    /// The reason as it is counted; nil for a response that is a result.
    private(set) var failure: FailureReason?

    init(_ status: Int, _ reason: String, retryAfter: Int? = nil, failure: FailureReason? = nil) {
        self.status = status
        self.reason = reason.escapedForDisplay()
        self.retryAfter = retryAfter
        self.failure = failure ?? (status >= 500 ? .internal : nil)
    }

    /// The queue of a limiter is full.
    static func busy(_ waiting: String, limit: Int) -> ServiceError {
        ServiceError(
            429, "\(limit) \(waiting), which is the limit; repeat the request in a moment, or run more replicas",
            retryAfter: 1, failure: .busy)
    }

    /// The service is stopping.
    static let draining = ServiceError(
        503, "the service is shutting down; repeat the request", retryAfter: 1, failure: .stopping)

    /// The client closed its connection before the response. Nobody receives this one; it is logged and counted.
    static let abandoned = ServiceError(499, "the client closed the connection before the response")

    /// The work took longer than its limit.
    static func timedOut(_ time: Duration) -> ServiceError {
        ServiceError(
            503, "the request timed out after \(time.components.seconds) seconds, the limit; repeat it", retryAfter: 5,
            failure: .timeout)
    }

    /// The parsed body of a request.
    ///
    /// - Throws: 400 for a `DocumentError`. Outside of the body, such an error is about a document of a repository:
    ///   422.
    static func parsing<Body>(
        _ body: [UInt8], _ parse: ([UInt8]) throws(DocumentError) -> Body
    ) throws(ServiceError) -> Body {
        do throws(DocumentError) {
            return try parse(body)
        } catch {
            throw ServiceError(400, error.message)
        }
    }

    /// The failure of a request for an error of the libraries: 422 for a rejection, 503 when the result is
    /// undetermined.
    init(_ error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case is CancellationError: self = .draining
        case let error as OCIError:
            self.init(
                Self.status(error.code), error.message, retryAfter: 5,
                failure: error.code == .io ? .disk : .registry)
        case let error as GitError: self.init(Self.status(error.code), error.message, retryAfter: 5, failure: .git)
        case let error as RenderError:
            self.init(Self.status(error.code), error.message, retryAfter: 5, failure: .renderer)
        case let error as FileError where error.code == .io:
            self.init(503, error.message, retryAfter: 5, failure: .disk)
        case let error as CapsuleError where error.code == .witnessRequired:
            self.init(
                422,
                "the request names the package of a pair, whose release.yaml is the witness in the GitOps repository; add "
                    + "`gitops`, with `repository` and `commit`, to the request")
        case let error as any Failure where error is CapsuleError || error is DocumentError:
            self.init(422, error.description)
        case let error as RenderRejection: self.init(422, error.description)
        default: self.init(500, "internal error: \(error.message)")
        }
        if status != 503 && status != 429 { retryAfter = nil }
        if status < 500 && status != 429 { failure = nil }
    }

    private static func status(_ code: OCIError.Code) -> Int {
        switch code {
        case .unavailable, .unauthorized, .io: 503
        default: 422
        }
    }

    private static func status(_ code: GitError.Code) -> Int {
        switch code {
        case .notFound, .unusableTree, .tooLarge, .invalidName: 422
        default: 503
        }
    }

    private static func status(_ code: RenderError.Code) -> Int {
        switch code {
        case .outputLimit: 422
        default: 503
        }
    }
}
