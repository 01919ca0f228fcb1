internal import AsyncHTTPClient
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import OCI
internal import Synchronization

/// One HTTP request: no retries, no redirects, no authentication.
struct WireRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case stream(ByteChannel, length: Int64)
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

    var length: Int64 {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .stream(_, let length): length
        }
    }
}

/// The head of an answer, and its body to be read.
struct WireResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: ResponseBody
    /// Where the answer came from.
    let address: WebAddress
    let deadline: NIODeadline

    /// The whole body; empty when it has been read already.
    ///
    /// - Throws: `OCIError.Code.tooLarge` for more than `limit` bytes, `TransportFailure`
    func collect(upTo limit: Int) async throws -> [UInt8] {
        do {
            var bytes: [UInt8] = []
            guard let body = body.take() else { return [] }
            for try await buffer in body {
                guard bytes.count + buffer.readableBytes <= limit else {
                    throw OCIError(
                        .tooLarge, "\(address.origin.authority) answers with more than \(limit) bytes; it was not read")
                }
                buffer.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
                guard NIODeadline.now() < deadline else { throw HTTPClientError.deadlineExceeded }
            }
            return bytes
        } catch let error as OCIError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw TransportFailure(error, host: address.origin.host)
        }
    }

    /// Reads a small body to its end, so that the connection can be used again; a large one is dropped.
    func drain() async {
        _ = try? await collect(upTo: 64 << 10)
    }
}

/// A body, handed out once: the HTTP client ends the program when one is read a second time.
final class ResponseBody: Sendable {
    private let body: Mutex<HTTPClientResponse.Body?>

    init(_ body: HTTPClientResponse.Body) { self.body = Mutex(body) }

    /// The body the first time, nil from then on.
    func take() -> HTTPClientResponse.Body? {
        body.withLock { body in
            defer { body = nil }
            return body
        }
    }
}

/// Sends requests over the connections of one run.
struct Wire: Sendable {
    /// The connections that go straight there.
    let direct: HTTPClient
    /// The connections through each proxy.
    let proxied: [ProxySettings.Proxy: HTTPClient]
    let context: ClientContext

    /// Sends a request and waits for the head of the answer.
    ///
    /// - Throws: `TransportFailure`, `CancellationError`, and whatever the source of a streamed body throws.
    func execute(_ request: WireRequest) async throws -> WireResponse {
        let configuration = context.configuration
        let origin = request.address.origin
        guard origin.scheme == .https || context.plainHTTP.allows(origin) else {
            throw TransportFailure(
                "\(origin.authority) is not to be spoken to without TLS", isTransient: false,
                remedy: "if it must be, name it with --plain-http")
        }
        var message = HTTPClientRequest(url: request.address.text)
        message.method = request.method
        message.headers = request.headers
        message.headers.replaceOrAdd(name: "User-Agent", value: configuration.userAgent)
        // A proxy that compresses would change the bytes that digests are of.
        message.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
        switch request.body {
        case .none: break
        case .bytes(let bytes): message.body = .bytes(ByteBuffer(bytes: bytes))
        case .stream(let channel, let length):
            message.body = .stream(BodyParts(channel: channel, length: length), length: .known(length))
        }
        let client = configuration.proxies.proxy(for: origin).flatMap { proxied[$0] } ?? direct
        let deadline = NIODeadline.now() + TimeAmount(configuration.timeouts.total(for: request.length))
        do {
            let response = try await client.execute(message, deadline: deadline)
            configuration.logger.debug(
                "registry request",
                metadata: [
                    "method": "\(request.method)", "host": "\(origin.authority)", "path": "\(request.address.path)",
                    "status": "\(response.status.code)",
                ])
            return WireResponse(
                status: Int(response.status.code), headers: response.headers, body: ResponseBody(response.body),
                address: request.address, deadline: deadline)
        } catch {
            try Task.checkCancellation()
            if case .stream(let channel, _) = request.body, let failure = channel.failure { throw failure }
            let failure = TransportFailure(error, host: origin.host)
            configuration.logger.debug(
                "registry request failed",
                metadata: [
                    "method": "\(request.method)", "host": "\(origin.authority)", "path": "\(request.address.path)",
                    "reason": "\(failure.reason)",
                ])
            throw failure
        }
    }
}

/// The next `length` bytes of a channel as the HTTP client takes them.
private struct BodyParts: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let channel: ByteChannel
    let length: Int64

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(channel: channel, left: length) }

    struct AsyncIterator: AsyncIteratorProtocol {
        let channel: ByteChannel
        var left: Int64

        mutating func next() async throws -> ByteBuffer? {
            guard left > 0, let bytes = try await channel.next(atMost: Int(clamping: left)) else { return nil }
            left -= Int64(bytes.count)
            return ByteBuffer(bytes: bytes)
        }
    }
}
