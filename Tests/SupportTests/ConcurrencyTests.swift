import Glibc
import Support
import Synchronization
import Testing

@Suite("Threads and clocks")
struct ConcurrencyTests {
    @Test("a blocking call runs on a thread of its own, and its value or error is returned")
    func blocking() async throws {
        let count = Mutex(0)
        // More calls than the pool has threads, each of which waits for all: tasks alone would never end.
        let width = 64
        let values = try await concurrently(Array(0..<width), width: width) { item in
            await awaitBlocking {
                count.withLock { $0 += 1 }
                while count.withLock({ $0 }) < width { usleep(1000) }
                return item
            }
        }
        #expect(values == Array(0..<width))
        await #expect(throws: SystemError.self) {
            try await awaitBlocking { () throws(SystemError) in throw SystemError(number: 1) }
        }
    }

    @Test("the wall clock gives seconds since 1970")
    func clock() {
        // 2025 to 2100.
        #expect((1_735_689_600..<4_102_444_800).contains(WallClock.system()))
    }
}
