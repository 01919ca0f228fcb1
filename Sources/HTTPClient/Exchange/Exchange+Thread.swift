internal import Synchronization

/// The operations of the client's thread.
extension Exchange {
    /// True when the exchange has ended for the task.
    var isOver: Bool { state.withLock { $0.end != nil } }

    func deliver(_ head: ResponseHead) {
        let (waiter, room) = state.withLock { state in
            state.head = head
            let waiter = state.headResult == nil ? nil : state.headWaiter
            if waiter != nil { state.headWaiter = nil }
            let room = state.isUploadOver ? state.roomWaiter : nil
            if room != nil { state.roomWaiter = nil }
            return (waiter, room)
        }
        waiter?.resume(returning: head)
        room?.resume()
    }

    /// Delivers a piece of the response.
    func deliver(_ bytes: [UInt8]) {
        let reader = state.withLock { state in
            // The response was closed, and the cancel command was posted.
            if case .failure = state.end { return nil as CheckedContinuation<[UInt8]?, any Error>? }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.receivedBytes += bytes.count
            if let last = state.received.indices.last, state.received[last].count + bytes.count <= Self.chunkSize {
                state.received[last] += bytes
            } else {
                state.received.append(bytes)
            }
            return nil
        }
        reader?.resume(returning: bytes)
    }

    /// True when receiving must pause because too much is unread. `receive` is posted when there is room again.
    func pausesReceiving() -> Bool {
        state.withLock { state in
            guard state.receivedBytes >= Self.highWater else { return false }
            state.isReceivingPaused = true
            return true
        }
    }

    /// The next piece to send; nil when there is none yet, and `send` is posted later.
    func nextOutgoing() -> [UInt8]? {
        let (bytes, room) = state.withLock { state in
            guard !state.outgoing.isEmpty else {
                state.isSendingPaused = true
                return (nil as [UInt8]?, nil as CheckedContinuation<Void, Never>?)
            }
            let bytes = state.outgoing.removeFirst()
            state.outgoingBytes -= bytes.count
            guard state.outgoingBytes < Self.highWater else { return (bytes, nil) }
            defer { state.roomWaiter = nil }
            return (bytes, state.roomWaiter)
        }
        room?.resume()
        return bytes
    }

    /// Records that the thread has taken the last byte of the body.
    func finishUpload() {
        let (waiter, room) = state.withLock { state in
            state.isSent = true
            let waiter = state.headWaiter.flatMap { waiter in state.headResult.map { (waiter, $0) } }
            if waiter != nil { state.headWaiter = nil }
            defer { state.roomWaiter = nil }
            return (waiter, state.roomWaiter)
        }
        if let (waiter, result) = waiter { waiter.resume(with: result) }
        room?.resume()
    }
}
