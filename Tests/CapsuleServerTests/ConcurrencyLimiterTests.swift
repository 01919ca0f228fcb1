import CapsuleTestSupport
import OCI
import Support
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("The concurrency limiter", .timeLimit(.minutes(1))) struct ConcurrencyLimiterTests {
    @Test("runs no more operations at a time than its width, and all of them in the end")
    func width() async throws {
        let limiter = ConcurrencyLimiter(width: 3, queue: 1_000, clock: .continuous)
        let running = Mutex(0)
        let most = Mutex(0)
        let done = Mutex(0)
        _ = try await concurrently(Array(0..<200), width: 200) { _ in
            try await limiter.run {
                let now = running.withLock { count in
                    count += 1
                    return count
                }
                most.withLock { $0 = max($0, now) }
                await Task.yield()
                running.withLock { $0 -= 1 }
                done.withLock { $0 += 1 }
            }
        }
        #expect(most.withLock { $0 } <= 3)
        #expect(done.withLock { $0 } == 200)
        #expect(limiter.waiting == 0)
    }

    @Test("rejects an operation when the queue is full and names the limit, and queues accepted work all the same")
    func full() async throws {
        for queue in [0, nil] as [Int?] { try await fill(queue) }
    }

    private func fill(_ queue: Int?) async throws {
        let clock = TestClock()
        let limiter = ConcurrencyLimiter(width: 1, queue: queue, clock: ServiceClock(clock))
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (stream, entered) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                try await limiter.run {
                    entered.finish()
                    await signal.wait()
                }
            }
            for await _ in stream {}
            #expect(limiter.running == 1 && limiter.longestWait == .zero)
            if queue != nil {
                let error = await #expect(throws: ServiceError.self) { try await limiter.run {} }
                #expect(error?.status == 429 && error?.reason.contains("0 requests wait, which is the limit") == true)
            } else {
                for waiting in 1...2 {
                    group.addTask { try await limiter.run {} }
                    while limiter.waiting < waiting { await Task.yield() }
                    clock.advance(by: .seconds(1))
                }
                #expect(limiter.longestWait == .seconds(2))
            }
            signal.give()
            try await group.waitForAll()
            #expect(limiter.running == 0 && limiter.longestWait == .zero)
        }
    }

    private final class Names: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test("leaves a place to others when hosts hang, with a registry for all, and runs what waits for them in its turn")
    func hosts() async throws {
        let limiter = ConcurrencyLimiter(width: 2, queue: 10, clock: .continuous)
        let signal = Signal()
        let order = Names()
        @Sendable func operation(_ name: String, _ hosts: Set<String>, waits: Bool) async throws {
            try await limiter.run(on: hosts) {
                order.all.withLock { $0.append(name) }
                if waits { await signal.wait() }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, host) in ["a", "a", "b", "a"].enumerated() {
                group.addTask { try await operation("hangs", [host, "registry"], waits: true) }
                while limiter.running + limiter.waiting <= number { await Task.yield() }
            }
            #expect(limiter.running == 3 && limiter.waiting == 1)
            for number in 1...3 { try await operation("other \(number)", ["c", "registry"], waits: false) }
            #expect(order.all.withLock { $0 } == ["hangs", "hangs", "hangs", "other 1", "other 2", "other 3"])
            // The places beyond the width are for operations that name their hosts.
            group.addTask { try await operation("any", [], waits: false) }
            while limiter.waiting < 2 { await Task.yield() }
            signal.give()
            try await group.waitForAll()
        }
        #expect(
            order.all.withLock { $0.sorted() } == ["any"] + Array(repeating: "hangs", count: 4) + [
                "other 1", "other 2", "other 3",
            ])
        #expect(limiter.running == 0 && limiter.waiting == 0)
    }

    @Test("runs at most twice as many operations as its width when each waits for a host of its own")
    func manyHosts() async throws {
        let limiter = ConcurrencyLimiter(width: 2, queue: 10, clock: .continuous)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...6 {
                group.addTask { try await limiter.run(on: ["host \(number)"]) { await signal.wait() } }
                while limiter.running + limiter.waiting < number { await Task.yield() }
            }
            #expect(limiter.running == 4 && limiter.waiting == 2)
            signal.give()
            try await group.waitForAll()
        }
        #expect(limiter.running == 0 && limiter.waiting == 0)
    }

    @Test("removes a cancelled operation from the queue, and runs the others")
    func cancelled() async throws {
        let limiter = ConcurrencyLimiter(width: 1, queue: 10, clock: .continuous)
        let signal = Signal()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            let (stream, entered) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                try await limiter.run {
                    entered.finish()
                    await signal.wait()
                    return true
                }
            }
            for await _ in stream {}
            let clock = TestClock()
            let waiter = Task {
                try await withDeadline(.seconds(1), clock: ServiceClock(clock)) { try await limiter.run {} }
            }
            while limiter.waiting == 0 || clock.sleepers == 0 { await Task.yield() }
            clock.advance(by: .seconds(1))
            let error = await #expect(throws: ServiceError.self) { try await waiter.value }
            #expect(error?.status == 503)
            #expect(limiter.waiting == 0)
            group.addTask { try await limiter.run { true } }
            signal.give()
            for try await done in group { #expect(done) }
        }
    }
}
