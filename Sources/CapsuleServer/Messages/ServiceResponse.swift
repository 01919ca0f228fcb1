/// A response before it is encoded as HTTP: a status and a document.
struct ServiceResponse: Sendable {
    var status: Int
    var body: [UInt8]
    var contentType = "application/json"
    var retryAfter: Int?
    /// The methods of the path, for 405.
    var allow: String?
    /// True when a token is missing, for 401.
    var challenges = false
    /// The reason of a failure, for the log.
    var reason: String?
    /// The promotion and the stage that the response is about, for the log.
    var promotion: String?
    var stage: String?
    /// The reason as it is counted; nil for a result.
    var failure: FailureReason?

    init(_ status: Int, body: [UInt8], contentType: String) {
        self.status = status
        self.body = body
        self.contentType = contentType
    }

    /// A response with a JSON document.
    init(_ status: Int, _ document: some Encodable) {
        self.status = status
        body = JSONText.bytes(document)
    }

    /// The JSON document of every failure.
    struct Problem: Codable {
        var ok = false
        var reason: String
    }

    /// The response to a request that failed.
    init(_ error: ServiceError) {
        self.init(error.status, Problem(reason: error.reason))
        reason = error.reason
        failure = error.failure
        retryAfter = error.retryAfter
        challenges = error.status == 401
    }
}
