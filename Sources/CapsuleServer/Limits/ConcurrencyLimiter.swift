internal import Synchronization

/// Limits concurrency: at most `width` operations run and `queue` wait, first in, first out; further callers fail with
/// `ServiceError.busy`.
///
/// An operation that names the hosts that it waits for runs beyond `width`, too, when no running operation waits for one of
/// them; with these, at most twice `width` run. So hosts that hang hold up what needs them, and nothing else.
final class ConcurrencyLimiter: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, Never>
        /// The time at which it began to wait, by the clock.
        let since: Duration
        let hosts: Set<String>
    }
    private struct State {
        var running = 0
        /// The number of running operations that wait for a host.
        var holders: [String: Int] = [:]
        var waiters: [Int: Waiter] = [:]
        var last = 0

        /// Lets an operation run if there is a place for it.
        mutating func enter(_ hosts: Set<String>, width: Int) -> Bool {
            guard running < width || (running < 2 * width && hosts.contains { holders[$0] == nil })
            else { return false }
            running += 1
            for host in hosts { holders[host, default: 0] += 1 }
            return true
        }

        mutating func leave(_ hosts: Set<String>) {
            running -= 1
            for host in hosts {
                let others = holders[host, default: 1] - 1
                holders[host] = others == 0 ? nil : others
            }
        }
    }

    private let width: Int
    private let queue: Int?
    private let clock: ServiceClock
    private let state = Mutex(State())

    /// - Parameter queue: the maximum number of operations that wait; nil for work that was accepted earlier, which always waits.
    init(width: Int, queue: Int?, clock: ServiceClock) {
        self.width = max(1, width)
        self.queue = queue
        self.clock = clock
    }

    /// The number of operations that run.
    var running: Int { state.withLock { $0.running } }

    /// The number of operations that wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// The time for which the oldest operation has waited; zero when none waits.
    var longestWait: Duration {
        let oldest = state.withLock { state in state.waiters.keys.min().flatMap { state.waiters[$0]?.since } }
        return oldest.map { clock.now - $0 } ?? .zero
    }

    /// Runs `body` when there is a place for it.
    ///
    /// - Parameter hosts: the hosts that `body` waits for.
    /// - Throws: `ServiceError.busy` when the queue is full, `CancellationError`, and the errors of `body`.
    func run<Result>(on hosts: Set<String> = [], _ body: () async throws -> Result) async throws -> Result {
        try await acquire(hosts)
        defer { release(hosts) }
        try Task.checkCancellation()
        return try await body()
    }

    private enum Entry {
        case acquired
        case full(limit: Int)
        case waits(Int)
    }

    private func acquire(_ hosts: Set<String>) async throws {
        let entry: Entry = state.withLock { state in
            if state.enter(hosts, width: width) { return .acquired }
            if let queue, state.waiters.count >= queue { return .full(limit: queue) }
            state.last += 1
            return .waits(state.last)
        }
        switch entry {
        case .acquired: return
        case .full(let limit): throw ServiceError.busy("requests wait", limit: limit)
        case .waits(let number):
            let acquired = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in wait(number, hosts, continuation) }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
            }
            guard acquired else { throw CancellationError() }
        }
    }

    private func wait(_ number: Int, _ hosts: Set<String>, _ continuation: CheckedContinuation<Bool, Never>) {
        let waiter = Waiter(continuation: continuation, since: clock.now, hosts: hosts)
        let acquired: Bool? = state.withLock { state in
            if Task.isCancelled { return false }
            // An operation may have ended since this one was queued.
            if state.enter(hosts, width: width) { return true }
            state.waiters[number] = waiter
            return nil
        }
        if let acquired { continuation.resume(returning: acquired) }
    }

    private func release(_ hosts: Set<String>) {
        let next: [Waiter] = state.withLock { state in
            state.leave(hosts)
            // A linear search: the queue is short. One can take the place, and others can wait for a host that is free now.
            return state.waiters.keys.sorted().compactMap { number in
                guard let waiter = state.waiters[number], state.enter(waiter.hosts, width: width) else { return nil }
                return state.waiters.removeValue(forKey: number)
            }
        }
        for waiter in next { waiter.continuation.resume(returning: true) }
    }
}
