internal import CCurl

/// The loop of the client's thread. It is created on that thread and never leaves it.
final class Loop {
    /// Exchanges with one origin by one proxy share connections and a limit.
    private struct Route: Hashable {
        let origin: HTTPOrigin
        let proxy: HTTPProxy?

        init(_ request: HTTPRequest) {
            origin = request.origin
            proxy = request.proxy
        }

        var usesTLS: Bool { origin.scheme == .https || proxy?.scheme == .https }
    }

    /// An exchange that waits or is active, with its deadlines.
    struct Entry {
        let exchange: Exchange
        let start: ContinuousClock.Instant
        let deadline: ContinuousClock.Instant?
        /// True when it counts against the limit of its route.
        var isStarted = false
        /// Nil while it waits.
        var transfer: Transfer?
    }

    let configuration: HTTPClientConfiguration
    var entries: [ObjectIdentifier: Entry] = [:]
    private let queue: LoopQueue
    private let multi: MultiHandle
    var rate: RateWindow
    private var byHandle: [UInt: ObjectIdentifier] = [:]
    private var waiting: [ObjectIdentifier] = []
    private var active: [Route: Int] = [:]
    /// The routes on which a response has arrived.
    private var connected: Set<Route> = []
    private var stops: [CheckedContinuation<Void, Never>] = []

    private init(_ queue: LoopQueue, _ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
        self.queue = queue
        self.configuration = configuration
        try CurlLibrary.open()
        rate = RateWindow(rate: configuration.minimumRate, over: configuration.rateWindow, from: .now)
        multi = try MultiHandle()
        try multi.setBounds(keptConnections: configuration.keptConnections)
        unsafe queue.open(multi.pointer)
    }

    /// Runs commands from the queue until `stop`.
    static func run(_ queue: LoopQueue, _ configuration: HTTPClientConfiguration) {
        do {
            let loop = try Loop(queue, configuration)
            var failure = HTTPFailure.clientClosed
            do {
                while loop.stops.isEmpty { try loop.turn() }
            } catch {
                failure = error
            }
            loop.close(failure)
            // Leaving this scope frees the multi handle, which waits for unfinished name lookups, in version 8 whatever
            // options are set. So all waiting tasks are resumed before, also those that close the client.
            for stop in loop.stops { stop.resume() }
        } catch {
            for command in queue.close(error) { LoopQueue.fail(command, error) }
        }
    }

    private func turn() throws(HTTPFailure) {
        for command in queue.take() { carryOut(command) }
        guard stops.isEmpty else { return }
        startWaiting()
        try perform()
        // Ended exchanges have made room.
        if startWaiting() { return }
        // Only after the messages were read: later versions refuse to resume an exchange that has ended, and report the
        // end there.
        let stuck = entries.values.compactMap { $0.transfer }.filter(\.isStuckAfterErrorResponse)
        for transfer in stuck {
            transfer.isSendingPaused = false
            resume(transfer)
        }
        if !stuck.isEmpty { try perform() }
        try multi.poll(milliseconds: endOverdue().milliseconds + 1)
    }

    private func carryOut(_ command: LoopQueue.Command) {
        switch command {
        case .start(let exchange):
            let now = ContinuousClock.now
            let request = exchange.request
            entries[ObjectIdentifier(exchange)] = Entry(
                exchange: exchange, start: now,
                deadline: request.deadline.map { now + $0 })
            waiting.append(ObjectIdentifier(exchange))
        case .cancel(let exchange):
            end(ObjectIdentifier(exchange), .failure(CancellationError()))
        case .receive(let exchange):
            guard let transfer = entries[ObjectIdentifier(exchange)]?.transfer else { return }
            transfer.isReceivingPaused = false
            resume(transfer)
        case .send(let exchange):
            guard let transfer = entries[ObjectIdentifier(exchange)]?.transfer else { return }
            transfer.isSendingPaused = false
            resume(transfer)
        case .stop(let continuation):
            stops.append(continuation)
        }
    }

    /// Starts waiting exchanges up to the limit. libcurl has such a limit, but version 8 counts the wait as connection time.
    @discardableResult
    private func startWaiting() -> Bool {
        guard !waiting.isEmpty else { return false }
        var hasStarted = false
        let candidates = waiting
        waiting = []
        for id in candidates {
            guard let entry = entries[id] else { continue }
            let route = Route(entry.exchange.request)
            if active[route, default: 0] < max(1, configuration.connectionsPerOrigin) {
                active[route, default: 0] += 1
                entries[id]?.isStarted = true
                start(id, entry.exchange)
                hasStarted = true
            } else {
                waiting.append(id)
            }
        }
        return hasStarted
    }

    private func start(_ id: ObjectIdentifier, _ exchange: Exchange) {
        do {
            let transfer = try Transfer(exchange)
            entries[id]?.transfer = transfer
            try transfer.easy.prepare(exchange.request, configuration)
            // Handshakes are read until one has succeeded: libcurl's reports for it cost time with each request.
            let route = Route(exchange.request)
            try transfer.setCallbacks(watchesHandshake: route.usesTLS && !connected.contains(route))
            try multi.add(transfer.easy)
            byHandle[transfer.easy.id] = id
        } catch {
            end(id, .failure(error))
        }
    }

    private func perform() throws(HTTPFailure) {
        try multi.perform()
        // All bytes that arrived for one exchange in this turn are delivered together: waking a task for each piece costs
        // more than the task's work.
        for entry in entries.values { entry.transfer?.deliverGathered() }
        rate.record(entries.values.reduce(0) { $0 + ($1.transfer?.takeMovedBytes() ?? 0) }, at: .now)
        while let (easy, code) = multi.nextEnded() {
            guard let id = byHandle[easy], let transfer = entries[id]?.transfer else { continue }
            if code == CURLE_OK { connected.insert(Route(transfer.exchange.request)) }
            end(id, transfer.outcome(code))
        }
    }

    /// Resumes the directions that are not paused. The mask is the whole state: libcurl resumes what it does not name.
    private func resume(_ transfer: Transfer) {
        transfer.moved()
        var mask: CInt = 0
        if transfer.isReceivingPaused { mask |= CURLPAUSE_RECV }
        if transfer.isSendingPaused { mask |= CURLPAUSE_SEND }
        let code = unsafe capsule_easy_pause(transfer.easy.pointer, mask)
        transfer.deliverGathered()
        // Version 8 returns this for an exchange that has ended, which a message reports.
        if code != CURLE_OK, code != CURLE_BAD_FUNCTION_ARGUMENT {
            end(ObjectIdentifier(transfer.exchange), transfer.outcome(code))
        }
    }

    func end(_ id: ObjectIdentifier, _ result: Result<Void, any Error>) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        if let transfer = entry.transfer, byHandle.removeValue(forKey: transfer.easy.id) != nil {
            multi.remove(transfer.easy)
        }
        if !entry.isStarted {
            // A later exchange may have the same address.
            waiting.removeAll { $0 == id }
        } else {
            let route = Route(entry.exchange.request)
            let count = active[route, default: 1] - 1
            active[route] = count > 0 ? count : nil
        }
        entry.exchange.conclude(result)
    }

    private func close(_ failure: HTTPFailure) {
        for command in queue.close(failure) {
            if case .stop(let continuation) = command {
                stops.append(continuation)
            } else {
                LoopQueue.fail(command, failure)
            }
        }
        for id in Array(entries.keys) { end(id, .failure(failure)) }
    }
}
