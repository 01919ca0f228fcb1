internal import HTTPClient
internal import HTTPMessages

/// One HTTP request to a URL, over its own connection.
struct PlainRequest: Sendable {
    var method = HTTPMethod.GET
    var url: String
    var headers: HTTPHeaders = [:]
    var body: [UInt8]?

    struct InvalidAddress: Error {}

    /// Sends the request and reads the response.
    ///
    /// - Throws: `InvalidAddress`, `HTTPFailure`, `CancellationError`
    func send(
        limit: Int, within time: Duration
    ) async throws -> (status: Int, headers: HTTPHeaders, body: [UInt8]) {
        var request = HTTPRequest(
            method, try origin, target, headers: headers, body: body.map { .bytes($0) } ?? .none)
        request.deadline = time
        return try await withHTTPClient { client in
            let response = try await client.send(request)
            return (response.status, response.headers, try await response.body.collect(upTo: limit))
        }
    }

    private var parts: (scheme: Substring, authority: Substring, target: Substring)? {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let rest = url[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        return (url[..<separator.lowerBound], rest[..<end], rest[end...])
    }

    private var target: String {
        let target = parts?.target ?? ""
        return target.hasPrefix("/") ? String(target) : "/\(target)"
    }

    private var origin: HTTPOrigin {
        get throws {
            guard let parts, let scheme = HTTPOrigin.Scheme(rawValue: String(parts.scheme)) else {
                throw InvalidAddress()
            }
            let words = parts.authority.split(separator: ":", omittingEmptySubsequences: false)
            switch words.count {
            case 1: return HTTPOrigin(scheme: scheme, host: String(words[0]))
            case 2:
                guard let port = Int(words[1]) else { throw InvalidAddress() }
                return HTTPOrigin(scheme: scheme, host: String(words[0]), port: port)
            default: throw InvalidAddress()
            }
        }
    }
}
