internal import CCurl

extension Loop {
    /// Ends overdue exchanges, and returns the time until the next deadline.
    func endOverdue() -> Duration {
        let now = ContinuousClock.now
        // Long, because events wake the thread.
        var next = Duration.seconds(60)
        for (id, entry) in entries {
            if let due = due(entry) {
                if due > now {
                    next = min(next, due - now)
                } else {
                    end(id, .failure(Self.overdue(entry)))
                }
            }
            guard let transfer = entry.transfer, entries[id] != nil else { continue }
            guard !transfer.isHeldBack else {
                transfer.freeSince = nil
                continue
            }
            if transfer.isWaitingForAnswer, entry.exchange.request.headDeadline != nil {
                // What was sent may still be on its way, in buffers that nothing shows: the deadline of the head decides.
                transfer.freeSince = nil
                continue
            }
            let free = transfer.freeSince ?? now
            transfer.freeSince = free
            guard !rate.isTooSlow(since: free, at: now) else {
                end(id, .failure(tooSlow))
                continue
            }
            if configuration.minimumRate > 0, free + rate.span > now { next = min(next, free + rate.span - now) }
            var idle = transfer.lastMove + configuration.idleTimeout
            if idle <= now {
                // A slow server may drain a large buffer of the kernel without visible progress.
                let sent = transfer.easy.size(CURLINFO_SIZE_UPLOAD_T)
                let unsent = transfer.easy.unsentBytes
                guard sent > transfer.sentWhenIdle || unsent < transfer.unsentWhenIdle else {
                    end(id, .failure(Self.overdue(entry)))
                    continue
                }
                transfer.sentWhenIdle = sent
                transfer.unsentWhenIdle = unsent
                transfer.moved()
                idle = now + configuration.idleTimeout
            }
            next = min(next, idle - now)
        }
        return next
    }

    private func due(_ entry: Entry) -> ContinuousClock.Instant? {
        let head = headDeadline(entry)
        guard let head, let whole = entry.deadline else { return head ?? entry.deadline }
        return min(head, whole)
    }

    private func headDeadline(_ entry: Entry) -> ContinuousClock.Instant? {
        guard let limit = entry.exchange.request.headDeadline else { return nil }
        guard let transfer = entry.transfer else { return entry.start + limit }
        guard !transfer.head.isComplete, let sent = transfer.sentAt else { return nil }
        guard entry.exchange.request.hasBody else { return entry.start + limit }
        return sent + limit + transfer.timeInBuffers(atLeast: configuration.minimumRate)
    }

    private var tooSlow: HTTPFailure {
        HTTPFailure(
            .timeout,
            "the network is too slow: all transfers together moved less than \(configuration.minimumRate) bytes a second for "
                + "\(configuration.rateWindow.components.seconds) seconds", isTransient: false)
    }

    private static func overdue(_ entry: Entry) -> HTTPFailure {
        guard let transfer = entry.transfer, transfer.isConnected else { return .connectTimeout() }
        return transfer.isSent || transfer.head.isComplete
            ? HTTPFailure(.timeout, "it did not answer in time")
            : HTTPFailure(.sendTimeout, "it stopped accepting data")
    }
}
