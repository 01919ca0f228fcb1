#if os(Linux)
    internal import Glibc
    internal import Synchronization

    /// Serves connections on one thread, which makes it, runs it and lets it go. What others have to say comes through the
    /// inbox.
    final class Loop {
        static let inboxTag: UInt64 = .max
        /// Listeners have the tags below that of the inbox.
        static let maximumListeners = 64
        /// How many times 16 KiB of one connection are read before it is the others' turn.
        static let turns = 8
        /// How many steps of handshakes are made before it is the others' turn: one with an RSA key takes a millisecond.
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
        /// The time in milliseconds, of a clock that only goes forward.
        var now: UInt64
        var table: [Connection?] = []
        var free: [Int] = []
        var count = 0
        var generation: UInt32 = 0
        /// Connections that go on in the next round.
        var queue: [Connection] = []
        var handshakesLeft = handshakes
        /// Tasks that have not given their answers yet.
        var inFlight = 0
        /// Whether there was no descriptor for the next connection, and when to look again.
        var isOutOfDescriptors = false
        var acceptsAgainAt: UInt64 = 0
        /// When what is under way must have ended; nil while the server runs.
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

        /// Milliseconds of a clock that only goes forward.
        static func clock() -> UInt64 {
            var time = timespec()
            guard unsafe clock_gettime(CLOCK_MONOTONIC, &time) == 0 else { return 0 }
            return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
        }

        /// Serves until the server was stopped and everything has ended.
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
                        connection.learn(event)
                        turn(connection, &scratch)
                    }
                }
                goOn(&scratch)
                if hasMail { read(inbox.take(), &scratch) }
                while let slot = timers.next(now: now) { ring(slot, &scratch) }
                if isOutOfDescriptors, now >= acceptsAgainAt { acceptAgain() }
                endInTime()
            } while stopsAt == nil || count > 0 || inFlight > 0
        }

        private var wait: Int? {
            guard queue.isEmpty else { return 0 }
            var times = [timers.wait(now: now)]
            if isOutOfDescriptors { times.append(Int(clamping: acceptsAgainAt - min(now, acceptsAgainAt))) }
            if let stopsAt { times.append(stopsAt > now ? Int(clamping: stopsAt - now) : count > 0 ? 0 : nil) }
            return times.compactMap { $0 }.min()
        }

        private func goOn(_ scratch: inout [UInt8]) {
            guard !queue.isEmpty else { return }
            let connections = queue
            queue = []
            for connection in connections {
                connection.isQueued = false
                if !connection.isClosed { turn(connection, &scratch) }
            }
        }

        /// Has a connection go on after the others had their turn.
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
                    guard let connection = find(tag) else { continue }  // its client has left
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
            stopListening()
            for case let connection? in table {
                // What was sent before is still looked at.
                connection.isReadable = true
                turn(connection, &scratch)
                guard !connection.isClosed, !connection.hasBegun else { continue }
                if connection.unsent == 0 { close(connection) } else { linger(connection) }
            }
        }

        /// Ends what has not ended by itself.
        private func endInTime() {
            guard let stopsAt, now >= stopsAt, count > 0 else { return }
            for case let connection? in table { close(connection) }
        }
    }
#endif
