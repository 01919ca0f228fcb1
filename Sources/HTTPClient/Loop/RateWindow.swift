/// The bytes that all transfers of a client together have moved in the last while.
///
/// A slow link that several transfers share is slow for each of them, so the rate of one of them alone says nothing.
struct RateWindow {
    /// The window moves on in steps of this part of it. The last step has only begun, so the others must suffice.
    private static let steps = 16

    /// The length of the window.
    let span: Duration
    private let least: Int64
    private let step: Duration
    private let begin: ContinuousClock.Instant
    private var counts: [(step: Int64, bytes: Int64)] = []

    /// - Parameter rate: the minimum number of bytes a second; 0 is met by every transfer.
    init(rate: Int64, over span: Duration, from begin: ContinuousClock.Instant) {
        self.span = max(span, .milliseconds(1))
        self.begin = begin
        step = self.span / Self.steps
        let (seconds, attoseconds) = self.span.components
        let tenths = seconds * 10 + attoseconds / 100_000_000_000_000_000
        let (product, overflows) = max(0, rate).multipliedReportingOverflow(by: tenths)
        least = overflows ? .max : product / 10 / Int64(Self.steps) * Int64(Self.steps - 1)
    }

    /// Counts bytes that were moved.
    mutating func record(_ bytes: Int64, at now: ContinuousClock.Instant) {
        guard bytes > 0 else { return }
        let current = number(now)
        if let last = counts.indices.last, counts[last].step == current {
            counts[last].bytes += bytes
        } else {
            counts.removeAll { $0.step <= current - Int64(Self.steps) }
            counts.append((current, bytes))
        }
    }

    /// True for a transfer that has lasted for the whole window, when all together moved too little in it.
    func isTooSlow(since start: ContinuousClock.Instant, at now: ContinuousClock.Instant) -> Bool {
        guard least > 0, start.duration(to: now) >= span else { return false }
        let current = number(now)
        return counts.reduce(0) { $1.step > current - Int64(Self.steps) ? $0 + $1.bytes : $0 } < least
    }

    private func number(_ now: ContinuousClock.Instant) -> Int64 { Int64(begin.duration(to: now) / step) }
}
