import CapsuleTestSupport
import OCI
import OCIRegistry
import Testing

@Suite("Retry-After", .timeLimit(.minutes(1)))
struct RetryAfterTests {
    private func resolve(_ value: String, clock: TestClock) async throws -> OCIError? {
        try await withFakeRegistry(faults: [
            Fault("HEAD", "/manifests/", .answer(ScriptedResponse(429, headers: [("Retry-After", value)])))
        ]) { registry in
            try await withRegistryClient(.test(clock)) { client in
                await failure { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
            }
        }
    }

    @Test("seconds are waited, with jitter on top")
    func seconds() async throws {
        let clock = TestClock()
        #expect(try await resolve("20", clock: clock) == nil)
        #expect(clock.pauses == [.milliseconds(20_125)])
    }

    @Test("a date is waited for")
    func date() async throws {
        // Thu, 01 Jan 2026 00:00:00 GMT
        let clock = TestClock(start: 1_767_225_600)
        #expect(try await resolve("Thu, 01 Jan 2026 00:00:30 GMT", clock: clock) == nil)
        #expect(clock.pauses == [.milliseconds(30_125)])
    }

    @Test("more than a minute fails at once and says so", arguments: ["61", "86400", "99999999999999999999"])
    func absurd(value: String) async throws {
        let clock = TestClock()
        let error = try await resolve(value, clock: clock)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("longer than the 60 that we wait") == true)
        #expect(clock.pauses.isEmpty)
    }

    @Test(
        "a date in the past means no wait, and a value that means nothing is ignored",
        arguments: [
            ("Wed, 31 Dec 2025 23:59:59 GMT", 125), ("0", 125), (" 2 ", 2_125), ("-5", 125), ("1.5", 125),
            ("soon", 125),
            ("", 125), ("5, 10", 125), ("0x10", 125), ("Thu, 01 Jan 2026 00:00:30 UTC", 125),
            ("Thursday, 01-Jan-26 00:00:30 GMT", 125), ("Thu Jan  1 00:00:30 2026", 125),
            ("Thu, 32 Jan 2026 00:00:30 GMT", 125),
            ("Thu, 01 Jan 2026 25:00:00 GMT", 125), ("Thu, 01 Jan 99999 00:00:00 GMT", 125),
        ])
    func forms(value: String, milliseconds: Int64) async throws {
        let clock = TestClock(start: 1_767_225_600)
        #expect(try await resolve(value, clock: clock) == nil)
        #expect(clock.pauses == [.milliseconds(milliseconds)], "\(value)")
    }

    @Test("a date far ahead is longer than we wait")
    func farDate() async throws {
        let error = try await resolve("Fri, 31 Dec 9999 23:59:59 GMT", clock: TestClock(start: 1_767_225_600))
        #expect(error?.message.contains("longer than the 60 that we wait") == true)
    }

    @Test("the time for trying again is bounded in all")
    func total() async throws {
        let clock = TestClock()
        let error = try await withFakeRegistry(faults: [
            Fault("HEAD", "/manifests/", times: 99, .answer(ScriptedResponse(503, headers: [("Retry-After", "50")])))
        ]) { registry in
            try await withRegistryClient(.test(clock)) { client in
                await failure { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
            }
        }
        #expect(error?.message.contains("gave up after 3 tries in 100 seconds") == true)
    }

    @Test("jitter is full: from nothing to a bound that doubles", arguments: [0.0, 0.999])
    func jitter(random: Double) async throws {
        let clock = TestClock()
        _ = try await withFakeRegistry(faults: [
            Fault("HEAD", "/manifests/", times: 99, .answer(ScriptedResponse(503)))
        ]) { registry in
            try await withRegistryClient(.test(clock) { $0.random = { random } }) { client in
                await failure { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
            }
        }
        let bounds: [Duration] = [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2)]
        #expect(clock.pauses == bounds.map { $0 * random })
    }
}
