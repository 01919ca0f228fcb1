internal import CCurl

extension Loop {
    /// Ends overdue exchanges, and returns the time until the next deadline.
    func endOverdue() -> Duration {
        let now = ContinuousClock.now
        // Long, because events wake the thread.
        var next = Duration.seconds(60)
        for (id, entry) in entries {
            if let due = due(entry, now) {
                if due > now {
                    next = min(next, due - now)
                } else {
                    end(id, .failure(Self.overdue(entry)))
                }
            }
            guard let transfer = entry.transfer, !transfer.isHeldBack, entries[id] != nil else { continue }
            var idle = transfer.lastMove + configuration.idleTimeout
            if idle <= now {
                // A slow server may drain a large buffer of the kernel without visible progress.
                let sent = transfer.easy.size(CURLINFO_SIZE_UPLOAD_T)
                guard sent > transfer.sentWhenIdle else {
                    end(id, .failure(Self.overdue(entry)))
                    continue
                }
                transfer.sentWhenIdle = sent
                transfer.moved()
                idle = now + configuration.idleTimeout
            }
            next = min(next, idle - now)
        }
        return next
    }

    private func due(_ entry: Entry, _ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let head = entry.transfer?.head.isComplete == true ? nil : entry.headDeadline
        guard let head, let whole = entry.deadline else { return head ?? entry.deadline }
        return min(head, whole)
    }

    private static func overdue(_ entry: Entry) -> HTTPFailure {
        guard let transfer = entry.transfer, transfer.isConnected else { return .connectTimeout(entry.exchange) }
        return transfer.isSent || transfer.head.isComplete
            ? HTTPFailure(.timeout, "it did not answer in time")
            : HTTPFailure(.sendTimeout, "it stopped accepting data")
    }
}
