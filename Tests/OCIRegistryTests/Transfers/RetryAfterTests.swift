import CapsuleTestSupport
import OCI
import Support
import Testing

@testable import OCIRegistry

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

    @Test(
        "a date is waited for, in all three forms",
        arguments: [
            "Thu, 01 Jan 2026 00:00:30 GMT", "Thursday, 01-Jan-26 00:00:30 GMT", "Thu Jan  1 00:00:30 2026",
        ])
    func date(value: String) async throws {
        // Thu, 01 Jan 2026 00:00:00 GMT
        let clock = TestClock(start: 1_767_225_600)
        #expect(try await resolve(value, clock: clock) == nil)
        #expect(clock.pauses == [.milliseconds(30_125)])
    }

    @Test(
        "dates of every form are read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Sun Nov 16 08:49:37 1994", 784_975_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Friday, 31-Dec-76 23:59:59 GMT", 3_376_684_799),
            ("Friday, 31-Dec-77 23:59:59 GMT", 252_460_799), ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200),
            ("Sunday, 06-Nov-1994 08:49:37 GMT", nil), ("Sunday, 06-Nov-94 08:49:37", nil),
            ("Sun Nov 6 08:49 1994", nil), ("Sun, 06 Nov 1994 8:49:37 GMT", nil),
            ("Sun, 06 nov 1994 08:49:37 GMT", nil),
            ("Sun, +6 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:+9:37 GMT", nil), ("", nil),
        ] as [(String, Int64?)])
    func dates(text: String, expected: Int64?) {
        #expect(HTTPDate.seconds(text, now: 1_767_225_600) == expected)
    }

    @Test("more than a minute fails at once and says so", arguments: ["61", "86400", "99999999999999999999"])
    func absurd(value: String) async throws {
        let clock = TestClock()
        let error = try await resolve(value, clock: clock)
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("more than the limit of 60 s") == true)
        #expect(clock.pauses.isEmpty)
    }

    @Test(
        "a past date means no wait, and an invalid value is ignored",
        arguments: [
            ("Wed, 31 Dec 2025 23:59:59 GMT", 125), ("0", 125), (" 2 ", 2_125), ("-5", 125), ("1.5", 125),
            ("soon", 125),
            ("", 125), ("5, 10", 125), ("0x10", 125), ("Thu, 01 Jan 2026 00:00:30 UTC", 125),
            ("Thu, 32 Jan 2026 00:00:30 GMT", 125),
            ("Thu, 01 Jan 2026 25:00:00 GMT", 125), ("Thu, 01 Jan 99999 00:00:00 GMT", 125),
        ])
    func forms(value: String, milliseconds: Int64) async throws {
        let clock = TestClock(start: 1_767_225_600)
        #expect(try await resolve(value, clock: clock) == nil)
        #expect(clock.pauses == [.milliseconds(milliseconds)], "\(value)")
    }

    @Test("a date far ahead exceeds the limit")
    func farDate() async throws {
        let error = try await resolve("Fri, 31 Dec 9999 23:59:59 GMT", clock: TestClock(start: 1_767_225_600))
        #expect(error?.message.contains("more than the limit of 60 s") == true)
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

    @Test(
        "an outage of 20 seconds is always waited for, with full jitter up to a bound that doubles",
        arguments: [0.2, 0.999])
    func jitter(random: Double) async throws {
        let clock = TestClock()
        _ = try await withFakeRegistry(faults: [
            Fault("HEAD", "/manifests/", times: 99, .answer(ScriptedResponse(503)))
        ]) { registry in
            try await withRegistryClient(.test(clock) { $0.random = { random } }) { client in
                await failure { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
            }
        }
        let bounds: [Duration] = [
            .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10),
        ]
        let pauses = bounds.map { Duration.milliseconds((($0 * random) / .milliseconds(1)).rounded()) }
        #expect(zip(clock.pauses, pauses).allSatisfy(==), "\(clock.pauses)")
        #expect(clock.now >= .seconds(20) && clock.now <= .seconds(30), "\(clock.now)")
    }

    @Test(
        "what takes a minute to fail is tried a second time; without time for an outage, nothing is",
        arguments: [true, false])
    func once(isPatient: Bool) async throws {
        let clock = TestClock()
        var policy = RetryPolicy()
        if !isPatient { policy.outage = .zero }
        var pace = RetryPace(policy, now: clock.now)
        clock.advance(.seconds(60))
        #expect((pace.pause(now: clock.now, random: 0.5) != nil) == isPatient)
        clock.advance(.seconds(59))
        #expect(pace.pause(now: clock.now, random: 0.5) == nil)
    }

    @Test("the variable sets the time", arguments: ["", "0", "45", "3600", "-1", "3601", "x", "1.5"])
    func variable(text: String) {
        let policy = RetryPolicy(environment: [RetryPolicy.variable: text])
        let expected: Duration? = ["": .seconds(30), "0": .zero, "45": .seconds(45), "3600": .seconds(3_600)][text]
        #expect(policy?.outage == expected)
        #expect((policy?.total ?? .seconds(3_600)) >= (policy?.outage ?? .zero))
    }
}
