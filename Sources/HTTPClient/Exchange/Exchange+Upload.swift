internal import Synchronization

/// The upload of a body: a child task of `HTTPClient.send` reads the source ahead of the client's thread.
extension Exchange {
    /// Reads the source until its end, its failure, or the response.
    func upload(_ source: any UploadSource, length: Int64) async {
        var left = length
        while left > 0, await hasRoom() {
            let limit = Int(min(left, Int64(Self.chunkSize)))
            do {
                guard let bytes = try await source.next(atMost: limit) else {
                    throw HTTPFailure.invalid("the body ended \(left) bytes before its length")
                }
                guard bytes.count <= limit else {
                    throw HTTPFailure.invalid("the source of the body returned too many bytes")
                }
                left -= Int64(bytes.count)
                give(bytes)
            } catch {
                if !isUploadOver { abandon(error) }
                return
            }
        }
    }

    private var isUploadOver: Bool { state.withLock(\.isUploadOver) }

    private func give(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let resumes = state.withLock { state in
            guard !state.isUploadOver else { return false }
            state.outgoing.append(bytes)
            state.outgoingBytes += bytes.count
            defer { state.isSendingPaused = false }
            return state.isSendingPaused
        }
        if resumes { queue.post(.send(self)) }
    }

    /// Waits until there is room; false when no more is needed.
    private func hasRoom() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isUploadOver || state.outgoingBytes < Self.highWater || Task.isCancelled { return true }
                    state.roomWaiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            wakeUploader { _ in }
        }
        return !Task.isCancelled && !isUploadOver
    }

    func wakeUploader(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.roomWaiter = nil }
            return state.roomWaiter
        }
        waiter?.resume()
    }
}
