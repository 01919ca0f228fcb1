#if os(Linux)
    /// One connection. Only its loop touches it, on the loop's thread; others know it by its tag.
    final class Connection {
        enum Phase {
            /// Nothing is asked, or a head is on its way.
            case head
            /// A body is on its way.
            case body
            /// A task looks for the answer.
            case waiting
            /// The last answer is given; what still comes is thrown away.
            case lingering
        }

        let socket: Socket
        let slot: Int
        /// Slot and generation: slots are used again, tags are not.
        let tag: UInt64
        var tls: TLSSession?
        var phase = Phase.head
        var isClosed = false
        /// Whether it takes one of the places that are limited.
        var isCounted = true
        /// Whether it came when there was no place.
        var isTooMany = false
        /// Whether it is among those that go on in the next round.
        var isQueued = false

        // What the system said last, until it turns out otherwise.
        var isReadable = false
        var isWritable = true
        /// Whether the client sends nothing more than what can be read already.
        var isEnded = false
        /// Whether the client has left.
        var isBroken = false
        private var readNeedsRoom = false
        private var writeNeedsBytes = false

        // The request that is on its way.
        var parser: HeadParser?
        var request: Request?
        var body: BodyReader?
        /// The answer that was given by the head, while the body may be here already.
        var early: Response?
        /// Bytes that came behind the request that is being answered.
        var rest: [UInt8] = []
        var expectsContinue = false
        var endsAfterAnswer = false
        var isHead = false
        var isOld = false
        var task: Task<Void, Never>?

        // What is to be sent.
        var output: [UInt8] = []
        var sent = 0
        var isOutputEnded = false
        var discarded = 0

        /// When the phase has lasted too long, in milliseconds; 0 for never.
        var deadline: UInt64 = 0
        /// When the client must have read something; 0 when nothing waits for it.
        var unreadDeadline: UInt64 = 0

        init(_ socket: consuming Socket, slot: Int, generation: UInt32, tls: TLSSession?) {
            self.socket = socket
            self.slot = slot
            tag = UInt64(generation) << 32 | UInt64(slot)
            self.tls = tls
        }

        /// How many bytes of answers wait.
        var unsent: Int { output.count - sent }

        /// Whether some of a request is here.
        var hasBegun: Bool { phase != .head || parser != nil || !rest.isEmpty }

        /// Takes in what the system says.
        func learn(_ event: Poll.Event) {
            if event.isReadable || (event.isWritable && readNeedsRoom) { (isReadable, readNeedsRoom) = (true, false) }
            if event.isWritable || (event.isReadable && writeNeedsBytes) {
                (isWritable, writeNeedsBytes) = (true, false)
            }
            if event.isEnded { isEnded = true }
            if event.isBroken { isBroken = true }
        }

        /// Reads what has come.
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

        /// Sends what there is room for.
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

        /// Lets go of what is sent, when moving the rest costs no more than sending that did.
        func forgetSent() {
            guard sent >= unsent else { return }
            output.removeFirst(sent)
            sent = 0
        }

        /// Says that nothing more is sent.
        func endOutput() {
            isOutputEnded = true
            // Whether it could be said makes no difference: the connection is over.
            if let tls { _ = tls.shutdown() }
            socket.endOutput()
        }
    }
#endif
