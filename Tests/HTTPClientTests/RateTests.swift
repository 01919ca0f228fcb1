import Foundation
import HTTPMessages
import Testing

@testable import HTTPClient

@Suite("The least rate", .timeLimit(.minutes(1)))
struct RateTests {
    private static let begin = ContinuousClock.now

    private static func at(_ seconds: Int) -> ContinuousClock.Instant { begin + .seconds(seconds) }

    /// The time at which the first of some transfers that begin at once is ended; nil when none is.
    private func end(
        of transfers: Int, each rate: Int64, until last: Int = 3_600, stops: Int = .max, least: Int64 = 8 << 10
    ) -> Int? {
        var window = RateWindow(rate: least, over: .seconds(120), from: Self.begin)
        for second in 1...last {
            if second < stops { for _ in 0..<transfers { window.record(rate, at: Self.at(second)) } }
            if window.isTooSlow(since: Self.begin, at: Self.at(second)) { return second }
        }
        return nil
    }

    @Test(
        "is that of all transfers together",
        arguments: [(1, 50_000), (4, 12_500), (4, 2_100), (64, 200)] as [(Int, Int64)])
    func together(transfers: Int, rate: Int64) { #expect(end(of: transfers, each: rate) == nil) }

    @Test("ends transfers that together stay below it", arguments: [(1, 8_000), (4, 2_000), (1, 0)] as [(Int, Int64)])
    func below(transfers: Int, rate: Int64) throws {
        let ended = end(of: transfers, each: rate)
        #expect((120...121).contains(try #require(ended)))
    }

    @Test("counts the last two minutes only")
    func last() throws {
        // Ten minutes of a fast link do not excuse what follows.
        let ended = end(of: 1, each: 10 << 20, stops: 600)
        #expect((700...730).contains(try #require(ended)))
    }

    @Test("does not end a transfer that is younger than the window, and none without a rate")
    func young() {
        let window = RateWindow(rate: 8 << 10, over: .seconds(120), from: Self.begin)
        #expect(!window.isTooSlow(since: Self.at(1_000), at: Self.at(1_119)))
        #expect(window.isTooSlow(since: Self.at(1_000), at: Self.at(1_120)))
        #expect(end(of: 1, each: 0, least: 0) == nil)
        #expect(end(of: 1, each: .max / 4_000, least: .max) != nil)
    }

    @Test(
        "decides how long the last bytes of a body may stay in buffers",
        arguments: [
            // Accepted at once: the least rate.
            (5 << 20, 0, 8 << 10, 640), (1_000, 0, 8 << 10, 0), (10 << 20, 3_600, 8 << 10, 1_280),
            // 54 MiB in 54 seconds, and at less than the least rate.
            (64 << 20, 54, 8 << 10, 10), (64 << 20, 1_000_000, 8 << 10, 1_280), (5 << 20, 0, 0, 0), (0, 0, 8 << 10, 0),
        ] as [(Int64, Int, Int64, Int)])
    func buffers(length: Int64, sentIn: Int, least: Int64, seconds: Int) {
        #expect(Transfer.timeInBuffers(length, sentIn: .seconds(sentIn), atLeast: least) == .seconds(seconds))
    }

    @Test("ends a response that drips, and not one that the client holds back", arguments: [true, false])
    func drips(isHeldBack: Bool) async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.minimumRate = 100_000
        configuration.rateWindow = .milliseconds(200)
        let size = 4 << 20
        try await withServer(configuration) { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            if isHeldBack {
                connection.send([UInt8](repeating: 1, count: size))
            } else {
                while connection.send("x") { usleep(10_000) }
            }
        } _: { server, client in
            let body = try await client.send(server.get()).body
            if isHeldBack {
                // The window is over twice while nothing is read.
                try await Task.sleep(for: .milliseconds(500))
                #expect(try await body.collect(upTo: size).count == size)
            } else {
                let failure = await #expect(throws: HTTPFailure.self) { try await body.collect(upTo: size) }
                #expect(failure?.code == .timeout)
                #expect(failure?.isTransient == false)
                #expect(failure?.reason.hasPrefix("the network is too slow") == true)
            }
        }
    }
}
