internal import HTTPMessages
internal import Synchronization

/// The state of a request that the task and the client's thread share. This file has the task's operations.
///
/// Continuations are resumed outside of the lock.
final class Exchange: Sendable {
    /// The number of bytes that are buffered in one direction before the other side is held back: two chunks, so that one can
    /// be processed while the next arrives.
    static let highWater = 512 << 10
    /// The size of the pieces of bodies. Larger ones gain nothing.
    static let chunkSize = 256 << 10

    struct State {
        /// Nil until it is complete.
        var head: ResponseHead?
        /// The result of the exchange.
        var end: Result<Void, any Error>?
        var headWaiter: CheckedContinuation<ResponseHead, any Error>?

        var received: [[UInt8]] = []
        var receivedBytes = 0
        /// True when receiving is paused until there is room.
        var isReceivingPaused = false
        var reader: CheckedContinuation<[UInt8]?, any Error>?

        var outgoing: [[UInt8]] = []
        var outgoingBytes = 0
        /// True when sending is paused until there is a piece.
        var isSendingPaused = false
        /// True when the thread has the whole body.
        var isSent: Bool
        var roomWaiter: CheckedContinuation<Void, Never>?

        var isUploadOver: Bool { isSent || end != nil || head?.isRefusal == true }

        /// The result for the task that waits for the head. While a source is being sent, a success head is held back: the
        /// source may be read only while `send` runs.
        var headResult: Result<ResponseHead, any Error>? {
            if let head, isSent || head.isRefusal { return .success(head) }
            if case .failure(let error) = end { return .failure(error) }
            return end.map { _ in .failure(HTTPFailure.closed) }
        }
    }

    let request: HTTPRequest
    let queue: LoopQueue
    let state: Mutex<State>

    init(_ request: HTTPRequest, queue: LoopQueue) {
        self.request = request
        self.queue = queue
        var isSent = true
        if case .source(_, let length) = request.body { isSent = length == 0 }
        state = Mutex(State(isSent: isSent))
    }

    /// Waits for the head of the response.
    func head() async throws -> ResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLock { state in
                    if state.headResult == nil { state.headWaiter = continuation }
                    return state.headResult
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            abandon(CancellationError())
        }
    }

    /// Waits for the next bytes of the response.
    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Turn { case now(Result<[UInt8]?, any Error>, resumes: Bool), wait }
                let turn: Turn = state.withLock { state in
                    if !state.received.isEmpty {
                        let bytes = state.received.removeFirst()
                        state.receivedBytes -= bytes.count
                        let resumes = state.isReceivingPaused && state.receivedBytes < Self.highWater
                        if resumes { state.isReceivingPaused = false }
                        return .now(.success(bytes), resumes: resumes)
                    }
                    if let end = state.end { return .now(end.map { nil }, resumes: false) }
                    guard state.reader == nil else {
                        return .now(
                            .failure(HTTPFailure.invalid("two tasks read one response at the same time")),
                            resumes: false)
                    }
                    state.reader = continuation
                    return .wait
                }
                if case .now(let result, let resumes) = turn {
                    if resumes { queue.post(.receive(self)) }
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            abandon(CancellationError())
        }
    }

    /// Ends the response. Later reads throw `error`, unless everything was read.
    func abandon(_ error: any Error) {
        if conclude(.failure(error), dropsUnread: true) { queue.post(.cancel(self)) }
    }

    /// Ends the exchange and resumes its waiting tasks; false when it has ended before.
    @discardableResult
    func conclude(_ result: Result<Void, any Error>, dropsUnread: Bool = false) -> Bool {
        let (isFirst, waiter, reader, room) = state.withLock { state in
            let isFirst = state.end == nil
            if isFirst || dropsUnread && !state.received.isEmpty { state.end = result }
            if dropsUnread { state.received = [] }
            state.outgoing = []
            let waiter = state.headWaiter.flatMap { waiter in state.headResult.map { (waiter, $0) } }
            // Bytes that were received before are returned first; a reader waits only when there are none.
            let reader = state.reader.flatMap { reader in state.end.map { (reader, $0) } }
            defer {
                state.headWaiter = nil
                state.reader = nil
                state.roomWaiter = nil
            }
            return (isFirst, waiter, reader, state.roomWaiter)
        }
        if let (waiter, result) = waiter { waiter.resume(with: result) }
        if let (reader, end) = reader { reader.resume(with: end.map { nil }) }
        room?.resume()
        return isFirst
    }
}

/// The head of a response.
struct ResponseHead: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// True for an error response, which may arrive before the whole request was sent.
    var isRefusal: Bool { status >= 300 }
}
