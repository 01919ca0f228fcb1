import Testing

@testable import HTTPServer

@Suite("Pieces of a server") struct PiecesTests {
    @Test("the wheel rings for each when its time is over, and for nobody else")
    func wheel() {
        var wheel = TimerWheel(now: 1_000)
        var random = FixedNumbers(state: 7)
        var due: [Int: UInt64] = [:]
        for slot in 0..<2_000 {
            let time = 1_000 + UInt64.random(in: 0...60_000, using: &random)
            wheel.schedule(slot, at: time)
            due[slot] = time
            if slot % 3 == 0 {
                wheel.remove(slot)
                due[slot] = nil
            } else if slot % 3 == 1 {
                // What is earlier counts; what is later is looked at when it rings.
                wheel.schedule(slot, at: time / 2 + 500)
                due[slot] = time / 2 + 500
                wheel.schedule(slot, at: time + 10_000)
            }
        }
        #expect(wheel.count == due.count)
        var now: UInt64 = 1_000
        while !due.isEmpty, now < 100_000 {
            let wait = UInt64(wheel.wait(now: now) ?? 0)
            #expect(wait <= 1_000)
            now += max(1, wait)
            while let slot = wheel.next(now: now) {
                guard let time = due.removeValue(forKey: slot) else {
                    Issue.record("\(slot) rang and was not to")
                    continue
                }
                #expect(now >= time && now - time <= 2 * TimerWheel.step, "\(now) for \(time)")
            }
        }
        #expect(due.isEmpty && wheel.count == 0 && wheel.wait(now: now) == nil)
        // What is further away than a turn rings early, and is entered again.
        wheel.schedule(3, at: now + 1_000_000)
        #expect(wheel.next(now: now + 90_000) == 3)
        // And after a long sleep.
        wheel.schedule(4, at: now + 90_100)
        #expect(wheel.next(now: now + 10_000_000) == 4)
    }

    @Test(
        "the time is written as HTTP has it",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] as [(Int64, String)])
    func date(seconds: Int64, text: String) { #expect(HTTPDate.text(seconds) == text) }

    @Test("a duration is rounded up to milliseconds")
    func durations() {
        #expect(Duration.seconds(10).milliseconds == 10_000)
        #expect(Duration.nanoseconds(1).milliseconds == 1)
        #expect(Duration.zero.milliseconds == 0)
        #expect(Duration.seconds(-1).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds > 1 << 40)
    }
}
