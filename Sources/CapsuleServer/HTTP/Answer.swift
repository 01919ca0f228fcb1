internal import FoundationEssentials

/// An answer: a status and a document.
struct Answer: Sendable {
    var status: Int
    var body: [UInt8]
    var contentType = "application/json"
    var retryAfter: Int?
    /// The methods that the path takes, for 405.
    var allow: String?
    /// Whether the login is what is missing, for 401.
    var challenges = false
    /// Why not, for the log.
    var reason: String?

    init(_ status: Int, body: [UInt8], contentType: String) {
        self.status = status
        self.body = body
        self.contentType = contentType
    }

    /// A JSON document.
    init(_ status: Int, _ document: some Encodable) {
        self.status = status
        body = JSONText.bytes(document)
    }

    /// What every failure looks like.
    struct Problem: Codable {
        var ok = false
        var reason: String
    }

    /// A failure.
    init(_ error: ServiceError) {
        self.init(error.status, Problem(reason: error.reason))
        reason = error.reason
        retryAfter = error.retryAfter
        challenges = error.status == 401
    }
}

/// JSON as the service writes it: one line, sorted keys.
enum JSONText {
    static func bytes(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(document) else {
            preconditionFailure("documents hold strings, numbers and lists only")
        }
        return Array(data) + [0x0A]
    }
}
