#if os(Linux)
    internal import Glibc
    internal import HTTPMessages

    extension Loop {
        /// Parses requests, and responds to those that need no task.
        ///
        /// - Returns: the number of bytes that were used.
        func process(_ connection: Connection, _ bytes: Span<UInt8>) -> Int {
            var used = 0
            do throws(ParserRefusal) {
                while connection.unsent <= limits.unreadSize {
                    switch connection.phase {
                    case .head:
                        guard used < bytes.count else { return used }
                        used += try readHead(connection, bytes.extracting(used...))
                        if connection.phase == .body, used == bytes.count { sendContinue(connection) }
                    case .body:
                        if connection.body?.isComplete == false {
                            guard used < bytes.count else {
                                // The response is known, and does not wait for the rest of the request.
                                if let early = connection.early { end(connection, early) }
                                return used
                            }
                            used += try connection.body?.feed(bytes.extracting(used...)) ?? 0
                        }
                        if connection.body?.isComplete != false { answer(connection) }
                    case .waiting, .lingering: return used
                    }
                }
                return used
            } catch {
                if let early = connection.early { end(connection, early) } else { refuse(connection, error) }
                return bytes.count
            }
        }

        private func readHead(_ connection: Connection, _ bytes: Span<UInt8>) throws(ParserRefusal) -> Int {
            var parser: HeadParser
            if let known = connection.parser {
                parser = known
                connection.parser = nil
            } else {
                // The time of a connection over the limit is that for a probe.
                if !connection.isOverLimit { arm(connection, times.header) }
                parser = HeadParser(
                    limits: HeadScanner.Limits(
                        fieldSize: limits.headerFieldSize, size: limits.headerSize, count: limits.headerCount))
            }
            let (used, head) = try parser.feed(bytes)
            if let head { try begin(connection, head) } else { connection.parser = parser }
            return used
        }

        private func begin(_ connection: Connection, _ head: RequestHead) throws(ParserRefusal) {
            let request = Request(head, from: connection.client, received: .now)
            connection.request = request
            connection.closesAfterResponse = head.closes
            connection.isHead = request.method == .HEAD
            connection.isHTTP10 = head.isHTTP10
            connection.phase = .body
            connection.body = BodyReader(head.framing, limit: limits.bodySize)
            if connection.isOverLimit, !admit(connection) {
                guard responder.isProbe(request) else { throw .tooManyConnections(limits.connections) }
                connection.closesAfterResponse = true
            }
            connection.early = responder.response(toHead: request)
            if connection.early == nil, case .length(let length) = head.framing, length > limits.bodySize {
                throw .bodyTooLarge(limits.bodySize)
            }
            connection.expectsContinue = head.expectsContinue
            if connection.body?.isComplete == false { arm(connection, times.body) }
        }

        /// Sends `100 Continue` to a client that waits for it.
        private func sendContinue(_ connection: Connection) {
            guard connection.expectsContinue, connection.early == nil, connection.body?.isComplete == false else {
                return
            }
            connection.output += ResponseWriter.continueResponse
        }

        /// Responds to a complete request, from the cache or by a task.
        private func answer(_ connection: Connection) {
            connection.phase = .waiting
            connection.deadline = 0
            let early = connection.early
            guard var request = connection.request else { return close(connection) }
            request.body = connection.body?.bytes ?? []
            (connection.request, connection.body, connection.early) = (nil, nil, nil)
            if let response = early ?? responder.immediateResponse(to: request) { return reply(connection, response) }
            inFlight += 1
            let (tag, whole) = (connection.tag, request)
            connection.task = Task { [inbox, responder] in
                inbox.put(.answer(tag: tag, await responder.response(to: whole)))
            }
        }

        /// Writes the response that a connection waits for, and begins its next request.
        func reply(_ connection: Connection, _ response: Response) {
            let ends = connection.closesAfterResponse || state.isDraining || stopsAt != nil
            write(response, to: connection, ends ? .ends : connection.isHTTP10 ? .isKept : .stays)
            guard !ends else { return linger(connection) }
            connection.phase = .head
            arm(connection, times.idle)
        }

        /// Responds to a request that the server rejects, and closes the connection.
        func refuse(_ connection: Connection, _ refusal: ParserRefusal) {
            let request = connection.request
            end(
                connection,
                responder.response(to: Refusal(status: refusal.status, reason: refusal.reason, request: request)))
        }

        /// Writes a response that does not wait for the rest of the request.
        private func end(_ connection: Connection, _ response: Response) {
            connection.isHead = connection.isHead && connection.request != nil
            write(response, to: connection, .ends)
            linger(connection)
        }

        /// Closes a connection once its output is sent.
        func linger(_ connection: Connection) {
            connection.phase = .lingering
            connection.deadline = 0
            (connection.parser, connection.request, connection.body) = (nil, nil, nil)
            (connection.early, connection.rest) = (nil, [])
            release(connection)
        }

        private func write(_ response: Response, to connection: Connection, _ end: ResponseWriter.Connection) {
            writer.write(
                response, hasBody: !connection.isHead, connection: end, second: Int64(time(nil)),
                to: &connection.output)
        }
    }
#endif
