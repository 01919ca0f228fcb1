#if os(Linux)
    internal import Glibc

    extension Loop {
        /// The maximum number of connections that are accepted before other events are handled.
        private static let batch = 64
        /// The milliseconds for which accepting pauses when descriptors are exhausted, unless the loop frees one.
        private static let pause: UInt64 = 100
        /// The milliseconds after which a connection over the limit can be closed for a new one: a probe has sent its
        /// request by then.
        private static let probePatience: UInt64 = 250

        /// Adds the listeners to the poll; false when the system call fails.
        func listen() -> Bool {
            for (index, listener) in listeners.enumerated() {
                guard poll.add(listener: listener.descriptor, tag: Self.inboxTag - 1 - UInt64(index)) else {
                    return false
                }
            }
            return true
        }

        /// Removes the listeners from the poll.
        private func pauseListening() { for listener in listeners { poll.remove(listener.descriptor) } }

        func stopListening() {
            if !isOutOfDescriptors { pauseListening() }
            isOutOfDescriptors = false
            for listener in listeners { listener.stop() }
            listeners = []
        }

        func resumeAccepting() {
            isOutOfDescriptors = false
            if listen() { return }
            pauseListening()
            outOfDescriptors()
        }

        private func outOfDescriptors() {
            isOutOfDescriptors = true
            resumesAcceptingAt = now + Self.pause
        }

        /// Accepts the connections that wait at a listener.
        func accept(_ index: Int) {
            guard index < listeners.count, !isOutOfDescriptors else { return }
            for _ in 0..<Self.batch {
                let (descriptor, client) = listeners[index].accept()
                if descriptor >= 0 {
                    open(Socket(descriptor), client)
                    continue
                }
                switch -descriptor {
                case EAGAIN, EWOULDBLOCK: return
                case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    // The connection stays in the queue, and the poll would report it again and again.
                    pauseListening()
                    return outOfDescriptors()
                default: continue  // the client left before it was accepted
                }
            }
        }

        private func open(_ socket: consuming Socket, _ client: String) {
            let others = state.open()
            // Connections over the limit, of which probes may need one, are limited, too.
            guard count < 2 * limits.connections || closeOverLimit() else { return state.close() }
            var tls: TLSSession?
            if let certificate = configuration.certificate {
                tls = certificate().session(descriptor: socket.descriptor)
                guard tls != nil else { return state.close() }
            }
            let slot = free.popLast() ?? table.count
            if slot == table.count { table.append(nil) }
            generation &+= 1
            let connection = Connection(
                socket, client: client, slot: slot, generation: generation, tls: tls)
            table[slot] = connection
            count += 1
            guard poll.add(connection: connection.socket.descriptor, tag: connection.tag) else {
                return close(connection)
            }
            guard others >= limits.connections else { return arm(connection, times.header) }
            connection.isOverLimit = true
            release(connection)
            arm(connection, times.probe)
            while let oldest = overLimit.first, find(oldest.tag)?.isOverLimit != true { overLimit.removeFirst() }
            overLimit.append((connection.tag, now))
        }

        /// Closes the oldest connection over the limit if it has had its time to send a probe; false when there is none. A
        /// probe that is being answered is left to its end.
        private func closeOverLimit() -> Bool {
            while let oldest = overLimit.first {
                let connection = find(oldest.tag)
                if let connection, connection.isOverLimit, now < oldest.accepted + Self.probePatience { return false }
                overLimit.removeFirst()
                guard let connection, connection.isOverLimit, connection.phase != .waiting else { continue }
                close(connection)
                return true
            }
            return false
        }

        /// Admits a connection over the limit when another one has left; false when there is still no room.
        func admit(_ connection: Connection) -> Bool {
            guard state.open() < limits.connections else {
                state.close()
                return false
            }
            (connection.isOverLimit, connection.isCounted) = (false, true)
            return true
        }

        /// Closes a connection; its descriptor is closed with the last reference.
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
            // In the next round the descriptor is free.
            if isOutOfDescriptors { resumesAcceptingAt = now }
        }

        /// Removes the connection from the count towards the limit.
        func release(_ connection: Connection) {
            guard connection.isCounted else { return }
            connection.isCounted = false
            state.close()
        }
    }
#endif
