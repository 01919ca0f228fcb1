internal import HTTPClient
internal import Synchronization

/// A bounded buffer between the task that reads a content source and the HTTP client that sends the content.
///
/// One read of a source feeds several requests, one for each chunk of an upload. Reading and sending overlap.
final class ByteChannel: UploadSource {
    private struct State {
        var chunks: [ArraySlice<UInt8>] = []
        var buffered = 0
        var taken: Int64 = 0
        var isFinished = false
        var isClosed = false
        var failure: (any Error)?
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    /// The maximum number of buffered bytes: enough to keep a connection busy while the next piece is read, and small compared to
    /// the memory limit of a copy.
    static let capacity = 1 << 20

    private let state = Mutex(State())

    /// The error of the source, if it failed.
    var failure: (any Error)? { state.withLock { $0.failure } }
    /// The number of bytes that the reader has taken.
    var taken: Int64 { state.withLock { $0.taken } }

    /// Waits until there is room and appends bytes; false after `close`.
    func send(_ bytes: [UInt8]) async -> Bool {
        guard !bytes.isEmpty else { return true }
        while true {
            enum Turn { case done(reader: CheckedContinuation<Void, Never>?), closed, wait }
            let turn: Turn = state.withLock { state in
                if state.isClosed { return .closed }
                guard state.buffered < Self.capacity else { return .wait }
                state.chunks.append(bytes[...])
                state.buffered += bytes.count
                defer { state.reader = nil }
                return .done(reader: state.reader)
            }
            switch turn {
            case .done(let reader):
                reader?.resume()
                return true
            case .closed: return false
            case .wait:
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        if state.isClosed || state.buffered < Self.capacity { return true }
                        state.writer = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            }
        }
    }

    /// Marks the end of the content.
    func finish() { end { $0.isFinished = true } }

    /// Marks a failure of the source; the reader receives the error after the bytes before it.
    func fail(_ error: any Error) { end { $0.failure = error } }

    /// Discards the content, which is not read any more.
    func close() {
        end { state in
            state.isClosed = true
            state.chunks = []
        }
    }

    /// Waits for bytes and returns at most `count`; nil at the end and after `close`.
    ///
    /// - Throws: the error of the source, `CancellationError`
    func next(atMost count: Int) async throws -> [UInt8]? {
        while true {
            enum Turn { case bytes([UInt8], writer: CheckedContinuation<Void, Never>?), end((any Error)?), wait }
            let turn: Turn = state.withLock { state in
                if state.isClosed { return .end(nil) }
                guard let first = state.chunks.first else {
                    return state.isFinished || state.failure != nil ? .end(state.failure) : .wait
                }
                let bytes = first.prefix(count)
                if bytes.count == first.count {
                    state.chunks.removeFirst()
                } else {
                    state.chunks[0] = first.dropFirst(bytes.count)
                }
                state.buffered -= bytes.count
                state.taken += Int64(bytes.count)
                defer { state.writer = nil }
                return .bytes(Array(bytes), writer: state.writer)
            }
            switch turn {
            case .bytes(let bytes, let writer):
                writer?.resume()
                return bytes
            case .end(let failure):
                if let failure { throw failure }
                return nil
            case .wait:
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let isReady = state.withLock { state in
                            if state.isClosed || state.isFinished || state.failure != nil || !state.chunks.isEmpty
                                || Task.isCancelled
                            {
                                return true
                            }
                            state.reader = continuation
                            return false
                        }
                        if isReady { continuation.resume() }
                    }
                } onCancel: {
                    // The request ended early. Later bytes are for the next one.
                    let reader = state.withLock { state in
                        defer { state.reader = nil }
                        return state.reader
                    }
                    reader?.resume()
                }
                try Task.checkCancellation()
            }
        }
    }

    private func end(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer {
                state.reader = nil
                state.writer = nil
            }
            return [state.reader, state.writer]
        }
        for continuation in waiting { continuation?.resume() }
    }
}
