internal import Synchronization

/// What a request shares between the task that waits for its answer and the client's thread. This side is the task's.
///
/// Continuations are resumed outside of the lock.
final class Exchange: Sendable {
    /// How many bytes of an answer, or of a body to be sent, wait here before the other side is held back: two chunks, so that
    /// one can be worked on while the next comes.
    static let highWater = 512 << 10
    /// The size of the pieces that an answer is handed out in, and that a body is taken in. Larger ones gain nothing.
    static let chunkSize = 256 << 10

    struct State {
        /// Nil until it is complete.
        var head: AnswerHead?
        /// How the exchange ended.
        var end: Result<Void, any Error>?
        var headWaiter: CheckedContinuation<AnswerHead, any Error>?

        var received: [[UInt8]] = []
        var receivedBytes = 0
        /// Whether the thread has stopped receiving until there is room.
        var isReceivingPaused = false
        var reader: CheckedContinuation<[UInt8]?, any Error>?

        var outgoing: [[UInt8]] = []
        var outgoingBytes = 0
        /// Whether the thread has stopped sending until there is something.
        var isSendingPaused = false
        /// Whether the thread has everything that is to be sent.
        var isSent: Bool
        var roomWaiter: CheckedContinuation<Void, Never>?

        var isUploadOver: Bool { isSent || end != nil || head?.isRefusal == true }

        /// What to tell the task that waits for the head. While a source is being sent it is not told of a head that does
        /// not refuse: the source may be read only as long as `send` runs.
        var answer: Result<AnswerHead, any Error>? {
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

    /// Waits for the head of the answer.
    func head() async throws -> AnswerHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLock { state in
                    if state.answer == nil { state.headWaiter = continuation }
                    return state.answer
                }
                if let known { continuation.resume(with: known) }
            }
        } onCancel: {
            abandon(CancellationError())
        }
    }

    /// Waits for the next bytes of the answer.
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
                            .failure(HTTPFailure.invalid("two tasks read one answer at the same time")), resumes: false)
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

    /// Nobody waits for the rest any more. Whoever asks all the same gets `error`, unless everything was read.
    func abandon(_ error: any Error) {
        if conclude(.failure(error), dropsUnread: true) { queue.post(.cancel(self)) }
    }

    /// Ends the exchange and resumes whoever waits; false when it has ended before.
    @discardableResult
    func conclude(_ result: Result<Void, any Error>, dropsUnread: Bool = false) -> Bool {
        let (isFirst, waiter, reader, room) = state.withLock { state in
            let isFirst = state.end == nil
            if isFirst || dropsUnread && !state.received.isEmpty { state.end = result }
            if dropsUnread { state.received = [] }
            state.outgoing = []
            let waiter = state.headWaiter.flatMap { waiter in state.answer.map { (waiter, $0) } }
            // Bytes that were received before are handed out first; a reader waits only when there are none.
            let reader = state.reader.flatMap { reader in state.end.map { (reader, $0) } }
            defer {
                state.headWaiter = nil
                state.reader = nil
                state.roomWaiter = nil
            }
            return (isFirst, waiter, reader, state.roomWaiter)
        }
        if let (waiter, answer) = waiter { waiter.resume(with: answer) }
        if let (reader, end) = reader { reader.resume(with: end.map { nil }) }
        room?.resume()
        return isFirst
    }
}
