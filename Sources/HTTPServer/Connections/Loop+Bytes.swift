#if os(Linux)
    extension Loop {
        /// Advances a connection as far as possible without waiting.
        func turn(_ connection: Connection, _ scratch: inout [UInt8]) {
            var turns = Self.turns
            while flush(connection) {
                if connection.phase == .lingering {
                    if connection.unsent == 0 { discard(connection, &scratch) }
                    return
                }
                guard shakeHands(connection) else { return }
                if connection.phase == .waiting {
                    // The client may have left right after its request, which the poll reports once.
                    guard !connection.isBroken else { return close(connection) }
                    guard connection.isEnded, !connection.wasAsked else { return }
                    guard !connection.isHTTP10 else { return close(connection) }
                    // A client that only closed its sending side ignores an interim response. The system of one that left
                    // resets the connection, and its request is cancelled.
                    connection.wasAsked = true
                    connection.output += ResponseWriter.processingResponse
                    continue
                }
                // A client that does not read its responses is not read from.
                guard connection.unsent <= limits.unreadSize else { return }
                if !connection.rest.isEmpty {
                    let rest = connection.rest
                    connection.rest = []
                    let used = process(connection, rest.span)
                    if used < rest.count { connection.rest = Array(rest[used...]) }
                    continue
                }
                guard connection.isReadable else { return }
                guard turns > 0 else { return enqueue(connection) }
                turns -= 1
                read(connection, &scratch)
            }
        }

        private func read(_ connection: Connection, _ scratch: inout [UInt8]) {
            var buffer = scratch.mutableSpan
            switch connection.receive(into: &buffer) {
            case .bytes(let count):
                // A short read has taken everything; the poll reports the next bytes. The client's end may have been
                // reported together with these bytes, and is then not reported again.
                if count < scratch.count, connection.tls == nil, !connection.isEnded { connection.isReadable = false }
                let used = process(connection, scratch.span.extracting(0..<count))
                if used < count { connection.rest = Array(scratch[used..<count]) }
            case .blocked: connection.isReadable = false
            case .end:
                connection.isReadable = false
                // A client that has closed its sending side may still read.
                if connection.unsent > 0 { return linger(connection) }
                connection.endOutput()
                close(connection)
            case .broken: close(connection)
            }
        }

        /// Advances the handshake; true when bytes can be read and written.
        private func shakeHands(_ connection: Connection) -> Bool {
            guard let tls = connection.tls, !tls.isEstablished else { return true }
            guard handshakesLeft > 0 else {
                enqueue(connection)
                return false
            }
            handshakesLeft -= 1
            switch tls.handshake() {
            case .done: return true
            case .again: enqueue(connection)
            case .wantsRead, .wantsWrite: break  // the next event continues here
            case .closed, .failed: close(connection)
            }
            return false
        }

        /// Sends as much output as the socket accepts; false when the connection is closed.
        private func flush(_ connection: Connection) -> Bool {
            while !connection.isClosed, connection.unsent > 0, connection.isWritable {
                switch connection.send() {
                case .bytes(let count):
                    connection.sent += count
                    if connection.unreadDeadline != 0 {
                        let earned = connection.unreadDeadline + UInt64(count * 1_000 / limits.unreadRate)
                        connection.unreadDeadline = min(now + times.unread, earned)
                    }
                case .blocked: connection.isWritable = false
                case .end, .broken: close(connection)
                }
            }
            guard !connection.isClosed else { return false }
            if connection.unsent > 0 {
                connection.forgetSent()
                guard connection.unreadDeadline == 0 else { return true }
                connection.unreadDeadline = now + times.unread
                timers.schedule(connection.slot, at: connection.unreadDeadline)
                return true
            }
            if connection.sent > 0 {
                connection.output = []
                connection.sent = 0
            }
            if connection.unreadDeadline != 0 {
                connection.unreadDeadline = 0
                rearm(connection)
            }
            if connection.phase == .lingering, !connection.isOutputEnded {
                connection.endOutput()
                arm(connection, times.linger)
            }
            return true
        }

        /// Discards bytes after the last response, until the client closes the connection. Encrypted bytes are not decrypted.
        private func discard(_ connection: Connection, _ scratch: inout [UInt8]) {
            while connection.isReadable {
                var buffer = scratch.mutableSpan
                switch connection.socket.receive(into: &buffer) {
                case .bytes(let count):
                    connection.discarded += count
                    if connection.discarded > limits.lingerSize { return close(connection) }
                case .blocked: connection.isReadable = false
                case .end, .broken: return close(connection)
                }
            }
        }

        // MARK: Deadlines

        /// Sets the deadline of a phase, in milliseconds from now.
        func arm(_ connection: Connection, _ time: UInt64) {
            connection.deadline = now + time
            timers.schedule(connection.slot, at: connection.deadline)
        }

        /// Sets the deadline of a phase again, if it expired while output was waiting for the client.
        private func rearm(_ connection: Connection) {
            guard connection.deadline == 0 else { return }
            switch connection.phase {
            case .head: arm(connection, connection.hasBegun ? times.header : times.idle)
            case .body: arm(connection, times.body)
            case .waiting, .lingering: break
            }
        }

        func ring(_ slot: Int, _ scratch: inout [UInt8]) {
            guard slot < table.count, let connection = table[slot] else { return }
            if connection.unreadDeadline != 0, connection.unreadDeadline <= now {
                connection.socket.resetOnClose()
                return close(connection)
            }
            if connection.deadline != 0, connection.deadline <= now { timeOut(connection, &scratch) }
            // Both deadlines share one entry.
            guard !connection.isClosed else { return }
            for deadline in [connection.deadline, connection.unreadDeadline] where deadline != 0 {
                timers.schedule(slot, at: deadline)
            }
        }

        private func timeOut(_ connection: Connection, _ scratch: inout [UInt8]) {
            connection.deadline = 0
            // Nothing is read while too much output waits: the client gets the whole time once it has read that.
            if connection.phase != .lingering, connection.unsent > limits.unreadSize { return }
            switch connection.phase {
            case .head where connection.isOverLimit && connection.tls?.isEstablished != false:
                refuse(connection, .tooManyConnections(limits.connections))
            case .head where connection.hasBegun && connection.tls?.isEstablished != false:
                refuse(connection, .late("head", limits.headerTime))
            case .body: refuse(connection, .late("body", limits.bodyTime))
            case .waiting: return
            case .head where connection.unsent > 0: linger(connection)
            case .head, .lingering: return close(connection)
            }
            turn(connection, &scratch)
        }
    }
#endif
