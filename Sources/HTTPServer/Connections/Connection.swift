#if os(Linux)
    /// One connection. Only its loop uses it, on the loop's thread; other threads refer to it by its tag.
    final class Connection {
        enum Phase {
            /// The connection is idle, or receives a head.
            case head
            /// A body is being received.
            case body
            /// A task computes the response.
            case waiting
            /// The last response is written; further bytes are discarded.
            case lingering
        }

        let socket: Socket
        /// The address of the client.
        let client: String
        let slot: Int
        /// Slot and generation: slots are reused, tags are not.
        let tag: UInt64
        var tls: TLSSession?
        var phase = Phase.head
        var isClosed = false
        /// True when the connection counts towards the limit.
        var isCounted = true
        /// True when the connection was accepted over the limit, so that only a probe is answered on it.
        var isOverLimit = false
        /// True when the connection is in the queue for the next round.
        var isQueued = false

        // The last events of the system, until a call returns otherwise.
        var isReadable = false
        var isWritable = true
        /// True when the client has closed its sending side.
        var isEnded = false
        /// True when an interim response was sent to find out whether a client that closed its sending side still reads.
        var wasAsked = false
        /// True when the connection is reset or closed by the client.
        var isBroken = false
        private var readNeedsRoom = false
        private var writeNeedsBytes = false

        // The request that is being received.
        var parser: HeadParser?
        var request: Request?
        var body: BodyReader?
        /// The response that was given by the head, while the body may have arrived already.
        var early: Response?
        /// Bytes after the request that is being responded to.
        var rest: [UInt8] = []
        var expectsContinue = false
        var closesAfterResponse = false
        var isHead = false
        var isHTTP10 = false
        var task: Task<Void, Never>?

        // The output.
        var output: [UInt8] = []
        var sent = 0
        var isOutputEnded = false
        var discarded = 0

        /// The deadline of the phase in milliseconds; 0 for none.
        var deadline: UInt64 = 0
        /// The deadline by which the client must read; 0 when no output waits.
        var unreadDeadline: UInt64 = 0

        init(_ socket: consuming Socket, client: String, slot: Int, generation: UInt32, tls: TLSSession?) {
            self.socket = socket
            self.client = client
            self.slot = slot
            tag = UInt64(generation) << 32 | UInt64(slot)
            self.tls = tls
        }

        /// The number of bytes of output that wait.
        var unsent: Int { output.count - sent }

        /// True when part of a request has arrived.
        var hasBegun: Bool { phase != .head || parser != nil || !rest.isEmpty }

        /// Applies an event.
        func apply(_ event: Poll.Event) {
            if event.isReadable || (event.isWritable && readNeedsRoom) { (isReadable, readNeedsRoom) = (true, false) }
            if event.isWritable || (event.isReadable && writeNeedsBytes) {
                (isWritable, writeNeedsBytes) = (true, false)
            }
            if event.isEnded { isEnded = true }
            if event.isBroken { isBroken = true }
        }

        /// Reads the bytes that have arrived.
        func receive(into buffer: inout MutableSpan<UInt8>) -> Transfer {
            guard let tls else { return socket.receive(into: &buffer) }
            switch tls.read(into: &buffer) {
            case .done(let count): return .bytes(count)
            case .again: return .bytes(0)
            case .wantsRead: return .blocked
            case .wantsWrite:
                readNeedsRoom = true
                return .blocked
            case .closed: return .end
            case .failed: return .broken
            }
        }

        /// Sends as many bytes as the socket accepts.
        func send() -> Transfer {
            let output = output
            let bytes = output.span.extracting(sent...)
            guard let tls else { return socket.send(bytes) }
            switch tls.write(bytes) {
            case .done(let count): return .bytes(count)
            case .wantsRead, .again:
                writeNeedsBytes = true
                return .blocked
            case .wantsWrite: return .blocked
            case .closed, .failed: return .broken
            }
        }

        /// Removes sent bytes from the output, when moving the rest costs no more than sending them did.
        func forgetSent() {
            guard sent >= unsent else { return }
            output.removeFirst(sent)
            sent = 0
        }

        /// Closes the sending side.
        func endOutput() {
            isOutputEnded = true
            // A failure makes no difference: the connection is over.
            if let tls { _ = tls.shutdown() }
            socket.endOutput()
        }
    }
#endif
