internal import HTTPClient
internal import Synchronization

/// Carries bytes from a task of ours that reads a source to the HTTP client, which sends them.
///
/// One reading of a source feeds several requests, each of which takes a part; with this between them, reading and sending
/// overlap.
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

    /// Enough to keep a connection busy while the next chunk is read, small beside the memory limit of a copy.
    static let capacity = 1 << 20

    private let state = Mutex(State())

    /// What the source threw, if it did.
    var failure: (any Error)? { state.withLock { $0.failure } }
    /// How many bytes the reader has taken.
    var taken: Int64 { state.withLock { $0.taken } }

    /// Waits until there is room and puts bytes in; false when nobody reads any more.
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

    /// Says that everything was put in.
    func finish() { end { $0.isFinished = true } }

    /// Says that the source failed; the reader sees it after what was put in before.
    func fail(_ error: any Error) { end { $0.failure = error } }

    /// Says that nobody reads any more.
    func close() {
        end { state in
            state.isClosed = true
            state.chunks = []
        }
    }

    /// Waits for bytes and takes at most `count`; nil at the end and after `close`.
    ///
    /// - Throws: what the source threw, `CancellationError`
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
                    // The request ended early. What comes later is for the next one.
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
