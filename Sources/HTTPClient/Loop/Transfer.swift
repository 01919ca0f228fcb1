internal import CCurl
internal import HTTPMessages

/// An exchange as the client's thread knows it. Never leaves that thread.
final class Transfer {
    let exchange: Exchange
    var easy: EasyHandle
    var head = HeadReader()
    /// Whether a connection is there; until then libcurl's own time-out for that counts.
    var isConnected = false
    /// Why a callback of ours had libcurl give up.
    var failure: HTTPFailure?
    var isReceivingPaused = false
    var isSendingPaused = false
    /// When something last moved.
    var lastMove = ContinuousClock.now
    /// How much libcurl had given to the network when the idle time was last up.
    var sentWhenIdle: Int64 = 0

    /// What was received since it was last handed on: libcurl gives 16 KiB at a time.
    private var gathered: [UInt8] = []
    private var lastSize = 0
    /// The rest of the piece of the body that is being sent.
    private var piece: [UInt8] = []
    private var pieceOffset = 0
    private var unsent: Int64

    init(_ exchange: Exchange) throws(HTTPFailure) {
        self.exchange = exchange
        switch exchange.request.body {
        case .none: unsent = 0
        case .bytes(let bytes):
            piece = bytes
            unsent = Int64(bytes.count)
        case .source(_, let length): unsent = length
        }
        easy = try EasyHandle()
    }

    /// A refusal came while the body waits for its source. Version 7.88 has stopped sending by then, but does not say that it
    /// is done as long as sending is paused.
    var isStuckInRefusal: Bool { isSendingPaused && head.isComplete && head.status >= 300 }

    /// Whether it is us who hold things up.
    var waitsForUs: Bool { isReceivingPaused || isSendingPaused || !isConnected }

    var isSent: Bool { unsent == 0 }

    func moved() { lastMove = .now }

    // What the callbacks do.

    /// A connection is there and the request is about to be sent; false to give up. The second time is another try of libcurl's,
    /// after a kept connection was closed before it answered: whether to send a request again is for the caller to decide.
    func connected() -> Bool {
        moved()
        guard !isConnected else {
            failure = .closed
            return false
        }
        isConnected = true
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
            exchange.deliver(AnswerHead(status: head.status, headers: head.headers))
        }
        return true
    }

    enum Received { case taken, pause, giveUp }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Received {
        moved()
        guard head.isComplete else {
            failure = .notHTTP("its answer has a body before its head")
            return .giveUp
        }
        if gathered.count + bytes.count > Exchange.chunkSize { handOn() }
        if exchange.pausesReceiving() {
            isReceivingPaused = true
            return .pause
        }
        if gathered.isEmpty { gathered.reserveCapacity(lastSize) }
        unsafe gathered.append(contentsOf: bytes)
        return .taken
    }

    /// Hands on what was received in this turn.
    func handOn() {
        guard !gathered.isEmpty else { return }
        lastSize = gathered.count
        exchange.deliver(gathered)
        gathered = []
    }

    /// Fills `target` with what is to be sent; nil when there is nothing yet.
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
        if unsent == 0, case .source = exchange.request.body { exchange.finishUpload() }
        return count
    }
}
