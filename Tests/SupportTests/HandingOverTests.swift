import Glibc
import Support
import Synchronization
import Testing

@Suite("Handing over to another thread")
struct HandingOverTests {
    private struct Failed: Error, Equatable { let at: Int }

    /// What a consumer saw.
    private struct Seen {
        var values: [Int] = []
        var threads: Set<UInt> = []
    }

    private static var thread: UInt { UInt(pthread_self()) }

    @Test("values are consumed in order on another thread, and all of them before the call returns")
    func order() throws {
        let seen = Mutex(Seen())
        let count = try handingOver { (value: Int) in
            seen.withLock {
                $0.values.append(value)
                $0.threads.insert(Self.thread)
            }
        } _: { handOver in
            for value in 0..<10_000 { try handOver(value, 1000) }
            return 10_000
        }
        #expect(seen.withLock { $0.values } == Array(0..<count))
        #expect(seen.withLock { $0.threads.count == 1 && !$0.threads.contains(Self.thread) })
    }

    @Test("a large value is consumed on the thread that made it, after those before it")
    func large() throws {
        let seen = Mutex(Seen())
        try handingOver { (value: Int) in
            seen.withLock { $0.values.append(value) }
            if value == 7 { seen.withLock { _ = $0.threads.insert(Self.thread) } }
        } _: { handOver in
            for value in 0..<10 { try handOver(value, value == 7 ? 128 << 10 + 1 : 10) }
        }
        #expect(seen.withLock { $0.values } == Array(0..<10))
        #expect(seen.withLock { $0.threads } == [Self.thread])
    }

    @Test("no more than half a mebibyte waits, however slow the consumer is")
    func bound() throws {
        let size = 1 << 10
        let made = Mutex(0)
        let most = Mutex(0)
        try handingOver { (value: Int) in
            // Until the producer is as far ahead as it may be, or almost.
            while value == 0, made.withLock({ $0 }) < 300 { usleep(100) }
            let ahead = made.withLock { $0 } - value
            most.withLock { $0 = max($0, ahead) }
        } _: { handOver in
            for value in 0..<5000 {
                try handOver(value, size)
                made.withLock { $0 += 1 }
            }
        }
        #expect(most.withLock { $0 * size <= 512 << 10 })
    }

    @Test("an error of the consumer stops the producer, and is thrown instead of the producer's own")
    func failingConsumer() {
        let consumed = Mutex(0)
        var made = 0
        #expect(throws: Failed(at: 3)) {
            try handingOver { (value: Int) in
                if value == 3 { throw Failed(at: value) }
                consumed.withLock { $0 += 1 }
            } _: { handOver in
                for value in 0..<100_000 {
                    made = value
                    try handOver(value, 1000)
                }
                throw Failed(at: 100_000)
            }
        }
        #expect(consumed.withLock { $0 } == 3)
        #expect(made < 1000)
    }

    @Test("an error of the producer is thrown after everything before it was consumed")
    func failingProducer() {
        let consumed = Mutex(0)
        #expect(throws: Failed(at: 5)) {
            try handingOver { (_: Int) in
                consumed.withLock { $0 += 1 }
            } _: { handOver in
                for value in 0..<5 { try handOver(value, 1) }
                throw Failed(at: 5)
            }
        }
        #expect(consumed.withLock { $0 } == 5)
    }
}
