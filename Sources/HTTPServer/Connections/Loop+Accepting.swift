#if os(Linux)
    internal import Glibc

    extension Loop {
        /// How many connections are taken before it is the others' turn.
        private static let batch = 64
        /// How long in milliseconds no connection is taken when there is no descriptor, unless one of ours is freed.
        private static let pause: UInt64 = 100

        /// Waits for connections; false when that cannot be done.
        func listen() -> Bool {
            for (index, listener) in listeners.enumerated() {
                guard poll.add(listener: listener.descriptor, tag: Self.inboxTag - 1 - UInt64(index)) else {
                    return false
                }
            }
            return true
        }

        /// Waits for none any more.
        private func pauseListening() { for listener in listeners { poll.remove(listener.descriptor) } }

        func stopListening() {
            if !isOutOfDescriptors { pauseListening() }
            isOutOfDescriptors = false
            for listener in listeners { listener.stop() }
            listeners = []
        }

        func acceptAgain() {
            isOutOfDescriptors = false
            if listen() { return }
            pauseListening()
            outOfDescriptors()
        }

        private func outOfDescriptors() {
            isOutOfDescriptors = true
            acceptsAgainAt = now + Self.pause
        }

        /// Takes what waits at a listener.
        func accept(_ index: Int) {
            guard index < listeners.count, !isOutOfDescriptors else { return }
            for _ in 0..<Self.batch {
                let descriptor = listeners[index].accept()
                if descriptor >= 0 {
                    open(Socket(descriptor))
                    continue
                }
                switch -descriptor {
                case EAGAIN, EWOULDBLOCK: return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    // Whoever waits stays in line, and would be told about again and again.
                    pauseListening()
                    return outOfDescriptors()
                default: continue  // it left before it was taken
                }
            }
        }

        private func open(_ socket: consuming Socket) {
            let others = state.open()
            // Those that are told that there is no place need one for a moment, and there is an end to that, too.
            guard count < 2 * limits.connections else { return state.close() }
            var tls: TLSSession?
            if let certificate = configuration.certificate {
                tls = certificate().session(descriptor: socket.descriptor)
                guard tls != nil else { return state.close() }
            }
            let slot = free.popLast() ?? table.count
            if slot == table.count { table.append(nil) }
            generation &+= 1
            let connection = Connection(socket, slot: slot, generation: generation, tls: tls)
            table[slot] = connection
            count += 1
            guard poll.add(connection: connection.socket.descriptor, tag: connection.tag) else {
                return close(connection)
            }
            arm(connection, times.header)
            guard others >= limits.connections else { return }
            // It is told so as soon as it can be written to, which the system says at once.
            connection.isTooMany = true
            release(connection)
        }

        /// Ends a connection; the descriptor is closed when nobody looks at the connection any more.
        func close(_ connection: Connection) {
            guard !connection.isClosed else { return }
            connection.isClosed = true
            table[connection.slot] = nil
            free.append(connection.slot)
            count -= 1
            timers.remove(connection.slot)
            release(connection)
            connection.task?.cancel()
            connection.task = nil
            // In the next round, when the descriptor is free.
            if isOutOfDescriptors { acceptsAgainAt = now }
        }

        /// Gives the connection's place to others.
        func release(_ connection: Connection) {
            guard connection.isCounted else { return }
            connection.isCounted = false
            state.close()
        }
    }
#endif
