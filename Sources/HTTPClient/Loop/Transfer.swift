internal import CCurl
internal import HTTPMessages

/// The client thread's state of an exchange. It never leaves that thread.
final class Transfer {
    /// The bytes of a connection that Linux keeps at most in the buffers of one machine, by default.
    private static let largestBuffers: Int64 = 10 << 20

    let exchange: Exchange
    var easy: EasyHandle
    var head = HeadReader()
    var handshake = HandshakeWatch()
    /// True after a connection was made; until then libcurl's connection time-out applies.
    var isConnected = false
    /// The reason why a callback ended the exchange.
    var failure: HTTPFailure?
    var isReceivingPaused = false
    var isSendingPaused = false
    /// The time of the last progress.
    var lastMove = ContinuousClock.now
    /// The number of bytes that libcurl had sent when the idle time last ended.
    var sentWhenIdle: Int64 = 0
    /// The number of bytes that the system had not sent yet when the idle time last ended.
    var unsentWhenIdle = 0
    /// The time since which the client has not held the transfer back; nil while it does.
    var freeSince: ContinuousClock.Instant?
    /// The time when libcurl had the last byte of the body.
    private(set) var sentAt: ContinuousClock.Instant?
    private var connectedAt: ContinuousClock.Instant?

    /// The bytes received since the last delivery: libcurl passes on 16 KiB at a time.
    private var gathered: [UInt8] = []
    private var lastSize = 0
    /// The piece of the body that is being sent.
    private var piece: [UInt8] = []
    private var pieceOffset = 0
    private var unsent: Int64
    private var movedBytes: Int64 = 0

    init(_ exchange: Exchange) throws(HTTPFailure) {
        self.exchange = exchange
        switch exchange.request.body {
        case .none: unsent = 0
        case .bytes(let bytes):
            piece = bytes
            unsent = Int64(bytes.count)
        case .source(_, let length): unsent = length
        }
        if unsent == 0 { sentAt = .now }
        easy = try EasyHandle()
    }

    /// True when an error response arrived while the body waits for its source. Version 7.88 has stopped sending by then, but
    /// does not report the end while sending is paused.
    var isStuckAfterErrorResponse: Bool { isSendingPaused && head.isComplete && head.status >= 300 }

    /// True when the client holds the transfer back.
    var isHeldBack: Bool { isReceivingPaused || isSendingPaused || !isConnected }

    var isSent: Bool { unsent == 0 }

    /// True when a body was sent and the response has not begun.
    var isWaitingForAnswer: Bool { isSent && exchange.request.hasBody && !head.isComplete }

    /// The time that the last bytes of the body may need after libcurl has had them.
    func timeInBuffers(atLeast minimumRate: Int64) -> Duration {
        guard let sentAt, let connectedAt else { return .zero }
        return Self.timeInBuffers(
            exchange.request.bodyLength, sentIn: connectedAt.duration(to: sentAt), atLeast: minimumRate)
    }

    /// The time that the last bytes of a body may need after it was sent in some time: the system, proxies and the server hold
    /// them in buffers. They move at the rate of those before them, and not below a least rate; 0 gives them no time.
    static func timeInBuffers(_ length: Int64, sentIn time: Duration, atLeast minimumRate: Int64) -> Duration {
        guard minimumRate > 0 else { return .zero }
        let buffered = min(length, largestBuffers)
        let seconds = max(1, time.components.seconds)
        return .seconds(buffered / max(minimumRate, (length - buffered) / seconds))
    }

    func moved() { lastMove = .now }

    /// The number of bytes of both bodies since the last call.
    func takeMovedBytes() -> Int64 {
        defer { movedBytes = 0 }
        return movedBytes
    }

    // The callbacks.

    /// Called when a connection is made and the request is about to be sent; false ends the exchange. A second call is a
    /// retry of libcurl's after a kept connection was closed before a response: only the caller may decide to repeat a
    /// request.
    func connected() -> Bool {
        moved()
        guard !isConnected else {
            failure = .closed
            return false
        }
        isConnected = true
        connectedAt = .now
        return true
    }

    func receive(headLine line: [UInt8]) -> Bool {
        moved()
        let wasComplete = head.isComplete
        do {
            try head.take(line)
        } catch {
            failure = error
            return false
        }
        if head.isComplete, !wasComplete {
            exchange.deliver(ResponseHead(status: head.status, headers: head.headers))
        }
        return true
    }

    enum Received { case taken, pause, giveUp }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Received {
        moved()
        guard head.isComplete else {
            failure = .notHTTP("its response has a body before its head")
            return .giveUp
        }
        if gathered.count + bytes.count > Exchange.chunkSize { deliverGathered() }
        if exchange.pausesReceiving() {
            isReceivingPaused = true
            return .pause
        }
        movedBytes += Int64(bytes.count)
        if gathered.isEmpty { gathered.reserveCapacity(lastSize) }
        unsafe gathered.append(contentsOf: bytes)
        return .taken
    }

    /// Delivers the bytes received in this turn.
    func deliverGathered() {
        guard !gathered.isEmpty else { return }
        lastSize = gathered.count
        exchange.deliver(gathered)
        gathered = []
    }

    /// Fills `target` with the next bytes to send; nil when there are none yet.
    func send(into target: UnsafeMutableRawBufferPointer) -> Int? {
        moved()
        guard unsent > 0 else { return 0 }
        if pieceOffset == piece.count {
            guard let next = exchange.nextOutgoing() else {
                isSendingPaused = true
                return nil
            }
            piece = next
            pieceOffset = 0
        }
        let count = min(target.count, piece.count - pieceOffset)
        unsafe piece.withUnsafeBytes { bytes in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[pieceOffset..<pieceOffset + count]))
        }
        pieceOffset += count
        unsent -= Int64(count)
        movedBytes += Int64(count)
        if unsent == 0 { sentAt = .now }
        if unsent == 0, case .source = exchange.request.body { exchange.finishUpload() }
        return count
    }
}
