/// The time limits in milliseconds.
struct LoopTimes {
    let header: UInt64
    let probe: UInt64
    let body: UInt64
    let idle: UInt64
    let unread: UInt64
    let linger: UInt64

    init(_ limits: ServerLimits) {
        header = limits.headerTime.milliseconds
        probe = limits.probeTime.milliseconds
        body = limits.bodyTime.milliseconds
        idle = limits.idleTime.milliseconds
        unread = limits.unreadTime.milliseconds
        linger = limits.lingerTime.milliseconds
    }
}

extension Duration {
    /// Whole milliseconds, rounded up; not negative.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 1 << 40)) * 1_000
            + UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
