internal import HTTPClient
internal import HTTPMessages
internal import Logging
internal import OCI
internal import Support

/// One HTTP request, without retries, redirects and authentication.
struct TransportRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case stream(ByteChannel, length: Int64)

        /// True for a body that can be sent once.
        var isStream: Bool { if case .stream = self { true } else { false } }
    }

    var method: HTTPMethod
    var address: WebAddress
    var headers: HTTPHeaders
    var body: Body

    init(_ method: HTTPMethod, _ address: WebAddress, headers: HTTPHeaders = [:], body: Body = .none) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }
}

/// The head of a response, and its body.
struct TransportResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: HTTPResponseBody
    /// The address that sent the response.
    let address: WebAddress
    let failed: FailedOrigins

    /// The whole body; empty when it was read before.
    ///
    /// - Throws: `OCIError.Code.tooLarge` for more than `limit` bytes, `TransportFailure`
    func collect(upTo limit: Int) async throws -> [UInt8] {
        try checkEncoding()
        do {
            var bytes: [UInt8] = []
            while let more = try await body.next() {
                guard bytes.count + more.count <= limit else {
                    body.close()
                    throw OCIError(
                        .tooLarge,
                        "\(address.origin.authority) answers with more than \(limit) bytes, the limit for this response"
                    )
                }
                // Most responses arrive in one piece.
                if bytes.isEmpty { bytes = more } else { bytes += more }
            }
            return bytes
        } catch let failure as HTTPFailure {
            try Task.checkCancellation()
            failed.insert(address.origin)
            throw TransportFailure(failure, host: address.origin.host)
        }
    }

    /// Refuses content that was compressed on the way, which no request allows: its digest and its size are others.
    ///
    /// - Throws: `OCIError.Code.protocolViolation`
    func checkEncoding() throws(OCIError) {
        let encodings = headers["Content-Encoding"].flatMap { $0.split(separator: ",") }.map { $0.trimmingSpaces() }
        guard let encoding = encodings.first(where: { !$0.isEmpty && $0.lowercased() != "identity" }) else { return }
        throw OCIError(
            .protocolViolation,
            "\(address.origin.authority) compressed the response (Content-Encoding: \(quoted(encoding))), which was not "
                + "requested; let the proxy in front of it pass responses on unchanged")
    }

    /// Reads a small body to its end, so that the connection can be reused; a large one is discarded.
    func drain() async {
        _ = try? await collect(upTo: 64 << 10)
    }
}

/// Sends single requests with the HTTP client, within the time-outs.
struct HTTPTransport: Sendable {
    let client: HTTPClient
    let configuration: RegistryConfiguration
    let trust: RegistryTrust
    let failed = FailedOrigins()

    /// Sends a request and waits for the head of the response.
    ///
    /// - Throws: `TransportFailure`, `CancellationError`, and the error of the source of a streamed body.
    func execute(_ request: TransportRequest) async throws -> TransportResponse {
        let origin = request.address.origin
        guard origin.scheme == .https || configuration.plainHTTP.allows(origin) else {
            throw TransportFailure(
                "plain HTTP to \(origin.authority) is not allowed", isTransient: false,
                remedy: "to allow it, name the host with --plain-http")
        }
        let proxy = try configuration.proxies.proxy(for: origin)
        let message = message(request, by: proxy)
        _ = try trust.trust(for: message.origin)
        if let proxy = message.proxy, proxy.scheme == .https {
            _ = try trust.trust(for: HTTPOrigin(scheme: .https, host: proxy.host, port: proxy.port))
        }
        do {
            let response = try await client.send(message)
            failed.remove(origin)
            configuration.logger.debug(
                "registry request",
                metadata: [
                    "method": "\(request.method)", "host": "\(origin.authority)", "path": "\(request.address.path)",
                    "status": "\(response.status)",
                ])
            return TransportResponse(
                status: response.status, headers: response.headers, body: response.body, address: request.address,
                failed: failed)
        } catch let failure as HTTPFailure {
            try Task.checkCancellation()
            failed.insert(origin)
            let failure = TransportFailure(failure, host: origin.host, proxy: proxy).overPlainHTTP(to: origin)
            configuration.logger.debug(
                "registry request failed",
                metadata: [
                    "method": "\(request.method)", "host": "\(origin.authority)", "path": "\(request.address.path)",
                    "reason": "\(failure.reason)",
                ])
            throw failure
        } catch {
            try Task.checkCancellation()
            throw error
        }
    }

    private func message(_ request: TransportRequest, by proxy: ProxySettings.Proxy?) -> HTTPRequest {
        let address = request.address
        var message = HTTPRequest(request.method, address.origin.http, address.target, headers: request.headers)
        message.headers.replaceOrAdd(name: "User-Agent", value: configuration.userAgent)
        // A proxy that compresses would change the digest.
        message.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
        switch request.body {
        case .none: break
        case .bytes(let bytes): message.body = .bytes(bytes)
        case .stream(let channel, let length): message.body = .source(channel, length: length)
        }
        message.usesNewConnection = failed.contains(address.origin)
        message.proxy = proxy?.http
        message.headDeadline = configuration.timeouts.exchange
        return message
    }
}
