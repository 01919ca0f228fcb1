#if os(Linux)
    internal import Glibc
    internal import Synchronization

    /// The event loop of one thread, which creates, runs and releases it. Other threads send messages through the inbox.
    final class Loop {
        static let inboxTag: UInt64 = .max
        /// The tags of listeners are those below the tag of the inbox.
        static let maximumListeners = 64
        /// The maximum number of reads of 16 KiB from one connection before other connections are handled.
        static let turns = 8
        /// The maximum number of steps of TLS handshakes in one round: one with an RSA key takes a millisecond.
        static let handshakes = 8

        let configuration: ServerConfiguration
        let limits: ServerLimits
        let times: LoopTimes
        let responder: any Responder
        let state: ServerState
        let inbox: Inbox
        var poll: Poll
        var listeners: [Listener]
        var writer = ResponseWriter()
        var timers: TimerWheel
        /// The time of a monotonic clock in milliseconds.
        var now: UInt64
        var table: [Connection?] = []
        var free: [Int] = []
        var count = 0
        /// The connections over the limit, oldest first, with the times at which they were accepted; some may be closed.
        var overLimit: ArraySlice<(tag: UInt64, accepted: UInt64)> = []
        var generation: UInt32 = 0
        /// Connections that continue in the next round.
        var queue: [Connection] = []
        var handshakesLeft = handshakes
        /// The number of tasks that have not responded yet.
        var inFlight = 0
        /// True when descriptors are exhausted. `resumesAcceptingAt` is the time to accept again.
        var isOutOfDescriptors = false
        var resumesAcceptingAt: UInt64 = 0
        /// The time by which open requests must have ended; nil while the server runs.
        var stopsAt: UInt64?

        init(
            _ configuration: ServerConfiguration, responder: any Responder, state: ServerState, inbox: Inbox,
            listeners: [Listener]
        ) throws(ServerError) {
            self.configuration = configuration
            limits = configuration.limits
            times = LoopTimes(limits)
            self.responder = responder
            self.state = state
            self.inbox = inbox
            self.listeners = listeners
            now = Self.clock()
            timers = TimerWheel(now: now)
            poll = try Poll()
            guard poll.add(inbox: inbox.descriptor, tag: Self.inboxTag), listen() else {
                throw ServerError(code: .resources, message: "cannot wait for connections")
            }
        }

        /// The time of a monotonic clock in milliseconds.
        static func clock() -> UInt64 {
            var time = timespec()
            guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
            return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
        }

        /// Serves until the server is stopped and all connections and tasks have ended.
        func run() {
            var scratch = [UInt8](repeating: 0, count: 16 << 10)
            repeat {
                let events = poll.wait(milliseconds: wait)
                now = Self.clock()
                handshakesLeft = Self.handshakes
                var hasMail = false
                for index in 0..<events {
                    let event = poll[index]
                    if event.tag == Self.inboxTag {
                        hasMail = true
                    } else if event.tag > Self.inboxTag - UInt64(Self.maximumListeners) {
                        accept(Int(Self.inboxTag - 1 - event.tag))
                    } else if let connection = find(event.tag) {
                        connection.apply(event)
                        turn(connection, &scratch)
                    }
                }
                resumeQueued(&scratch)
                if hasMail { read(inbox.take(), &scratch) }
                while let slot = timers.next(now: now) { ring(slot, &scratch) }
                if isOutOfDescriptors, now >= resumesAcceptingAt { resumeAccepting() }
                endInTime()
            } while stopsAt == nil || count > 0 || inFlight > 0
        }

        private var wait: Int? {
            guard queue.isEmpty else { return 0 }
            var times = [timers.wait(now: now)]
            if isOutOfDescriptors { times.append(Int(clamping: resumesAcceptingAt - min(now, resumesAcceptingAt))) }
            if let stopsAt { times.append(stopsAt > now ? Int(clamping: stopsAt - now) : count > 0 ? 0 : nil) }
            return times.compactMap { $0 }.min()
        }

        private func resumeQueued(_ scratch: inout [UInt8]) {
            guard !queue.isEmpty else { return }
            let connections = queue
            queue = []
            for connection in connections {
                connection.isQueued = false
                if !connection.isClosed { turn(connection, &scratch) }
            }
        }

        /// Continues a connection in the next round, after the others.
        func enqueue(_ connection: Connection) {
            guard !connection.isQueued else { return }
            connection.isQueued = true
            queue.append(connection)
        }

        func find(_ tag: UInt64) -> Connection? {
            let slot = Int(truncatingIfNeeded: tag & 0xFFFF_FFFF)
            guard slot < table.count, let connection = table[slot], connection.tag == tag else { return nil }
            return connection
        }

        private func read(_ messages: [Inbox.Message], _ scratch: inout [UInt8]) {
            for message in messages {
                switch message {
                case .answer(let tag, let response):
                    inFlight -= 1
                    guard let connection = find(tag) else { continue }  // the connection is closed
                    connection.task = nil
                    reply(connection, response)
                    turn(connection, &scratch)
                case .stop(let grace): stop(grace, &scratch)
                }
            }
        }

        private func stop(_ grace: Duration, _ scratch: inout [UInt8]) {
            let end = now + grace.milliseconds
            if let stopsAt { return self.stopsAt = min(stopsAt, end) }
            stopsAt = end
            // The system would reset connections that wait to be accepted.
            for index in listeners.indices { accept(index) }
            stopListening()
            for case let connection? in table {
                // Bytes that were sent before are still read.
                connection.isReadable = true
                turn(connection, &scratch)
                guard !connection.isClosed, !connection.hasBegun else { continue }
                if connection.unsent == 0 { close(connection) } else { linger(connection) }
            }
        }

        /// Closes the connections that are still open at the end of the grace period.
        private func endInTime() {
            guard let stopsAt, now >= stopsAt, count > 0 else { return }
            for case let connection? in table { close(connection) }
        }
    }
#endif
