import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Downloads", .timeLimit(.minutes(1)))
struct DownloadTests {
    static let content = noise(200_000, seed: "download")

    /// Reads the content through a client from a registry with these faults.
    private func download(
        options: FakeRegistryOptions = .init(), _ faults: [Fault], clock: TestClock = TestClock(),
        configure: @Sendable (inout RegistryConfiguration) -> Void = { _ in },
        check: @Sendable ([UInt8], FakeRegistry) throws -> Void
    ) async throws {
        try await withFakeRegistry(options, faults: faults) { registry in
            let descriptor = registry.add(Self.content)
            try await withRegistryClient(.test(clock, configure)) { client in
                let bytes = try await read(descriptor, from: client.repository(registry.repository()))
                try check(bytes, registry)
            }
        }
    }

    private func download(
        _ faults: [Fault], clock: TestClock = TestClock(),
        configure: @Sendable (inout RegistryConfiguration) -> Void = { _ in }
    ) async throws {
        try await download(faults, clock: clock, configure: configure) { _, _ in }
    }

    @Test("resumes with Range after a broken connection, and verifies the whole")
    func resumes() async throws {
        try await download([
            Fault("GET", "/blobs/", .change { $0.cutAfter = 70_000 }),
            Fault("GET", "/blobs/", .change { $0.cutAfter = 50_000 }),
        ]) { bytes, registry in
            #expect(bytes == Self.content)
            let ranges = registry.requests("GET", "/blobs/").map { $0.header("Range") }
            #expect(ranges.count == 3)
            #expect(ranges[0] == nil)
            // The HTTP client may drop the last bytes that it had not handed on when the connection ended.
            let starts = ranges.dropFirst().compactMap { range -> Int? in
                guard let range, range.hasPrefix("bytes="), range.hasSuffix("-199999") else { return nil }
                return Int(range.dropFirst(6).dropLast(7))
            }
            #expect(starts.count == 2)
            #expect((1...70_000).contains(starts[0]))
            #expect((starts[0] + 1...starts[0] + 50_000).contains(starts[1]))
        }
    }

    @Test("discards the first part when the server ignores Range")
    func rangeIgnored() async throws {
        var options = FakeRegistryOptions()
        options.hasRanges = false
        try await download(options: options, [Fault("GET", "/blobs/", .change { $0.cutAfter = 70_000 })]) {
            bytes, registry in
            #expect(bytes == Self.content)
            #expect(registry.requests("GET", "/blobs/").count == 2)
        }
    }

    @Test(
        "requests the whole when the server sends another range",
        arguments: ["bytes 60000-199999/200000", "bytes 70000-199999/300000", "bytes x", "bytes 0-199999/200000"])
    func wrongRange(value: String) async throws {
        try await download([
            Fault("GET", "/blobs/", .change { $0.cutAfter = 70_000 }),
            Fault(
                "GET", "/blobs/",
                .change { response in
                    response.headers = response.headers.map {
                        $0.name == "Content-Range" ? ("Content-Range", value) : $0
                    }
                }),
        ]) { bytes, registry in
            #expect(bytes == Self.content)
            #expect(registry.requests("GET", "/blobs/").map { $0.header("Range") != nil } == [false, true, false])
        }
    }

    @Test("requests the whole after a 416")
    func rangeRefused() async throws {
        try await download([
            Fault("GET", "/blobs/", .change { $0.cutAfter = 70_000 }),
            Fault("GET", "/blobs/", .answer(ScriptedResponse(416))),
        ]) { bytes, _ in #expect(bytes == Self.content) }
    }

    @Test("rejects altered bytes, and does not try again")
    func altered() async throws {
        let code = await code {
            try await download([Fault("GET", "/blobs/", times: 9, .change { $0.body[100] ^= 1 })])
        }
        #expect(code == .contentMismatch)
    }

    @Test("rejects bytes that are altered after a resume")
    func alteredAfterResume() async throws {
        let code = await code {
            try await download([
                Fault("GET", "/blobs/", .change { $0.cutAfter = 70_000 }),
                Fault("GET", "/blobs/", .change { $0.body[100] ^= 1 }),
            ])
        }
        #expect(code == .contentMismatch)
    }

    @Test("rejects a wrong Content-Length before reading", arguments: [199_999, 200_001, 0])
    func sizeLies(size: Int) async throws {
        try await withFakeRegistry(faults: [
            Fault("GET", "/blobs/", times: 9, .change { $0.body = noise(size, seed: "other") })
        ]) { registry in
            let descriptor = registry.add(Self.content)
            try await withRegistryClient(.test()) { client in
                let code = await code { _ = try await read(descriptor, from: client.repository(registry.repository())) }
                #expect(code == .contentMismatch)
            }
            #expect(registry.requests("GET", "/blobs/").count == 1)
        }
    }

    @Test("rejects one byte too many when there is no Content-Length")
    func oneByteLonger() async throws {
        let code = await code {
            try await download([
                Fault(
                    "GET", "/blobs/", times: 9,
                    .change { response in
                        response.body.append(0)
                        response.headers.append(("Transfer-Encoding", "chunked"))
                    })
            ])
        }
        #expect(code == .contentMismatch)
    }

    @Test("reports a body that ends too early, every time")
    func endsEarly() async throws {
        let clock = TestClock()
        let error = await failure {
            try await download(
                [
                    Fault(
                        "GET", "/blobs/", times: 99,
                        .answer(
                            ScriptedResponse(
                                200, headers: [("Transfer-Encoding", "chunked")], body: Array(Self.content.prefix(10))))
                    )
                ], clock: clock)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("only 10 of 200000 bytes arrived") == true)
        #expect(clock.now >= .seconds(20) && clock.now <= .seconds(30))
    }

    @Test("stops an endless body at the size of the descriptor")
    func endless() async throws {
        let code = await code {
            try await download([Fault("GET", "/blobs/", times: 9, .change { $0.isEndless = true })])
        }
        #expect(code == .contentMismatch)
    }

    @Test("tries again after server errors and resets", arguments: [500, 502, 503, 504, 429, 408])
    func serverErrors(status: Int) async throws {
        let clock = TestClock()
        try await download(
            [
                Fault("GET", "/blobs/", times: 2, .answer(ScriptedResponse(status))),
                Fault("GET", "/blobs/", .loseAnswer),
            ], clock: clock
        ) { bytes, registry in
            #expect(bytes == Self.content)
            #expect(registry.requests("GET", "/blobs/").count == 4)
        }
        #expect(clock.pauses == [.milliseconds(125), .milliseconds(250), .milliseconds(500)])
    }

    @Test("gives up when the time is used up, and says so")
    func givesUp() async throws {
        let clock = TestClock()
        let error = await failure {
            try await download([Fault("GET", "/blobs/", times: 99, .answer(ScriptedResponse(503)))], clock: clock)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("gave up after 11 tries in 27 seconds") == true, "\(error?.message ?? "")")
        #expect(clock.pauses.count == 10)
    }

    @Test("does not repeat a request after a permanent error", arguments: [400, 403, 404, 405, 410, 501])
    func permanent(status: Int) async throws {
        try await withFakeRegistry(faults: [Fault("GET", "/blobs/", times: 9, .answer(ScriptedResponse(status)))]) {
            registry in
            let descriptor = registry.add(Self.content)
            try await withRegistryClient(.test()) { client in
                let error = await failure {
                    _ = try await read(descriptor, from: client.repository(registry.repository()))
                }
                #expect(error != nil && error?.code != .unavailable)
            }
            #expect(registry.requests("GET").count == 1)
        }
    }

    @Test("reads from an offset when asked to")
    func offset() async throws {
        try await withFakeRegistry { registry in
            let descriptor = registry.add(Self.content)
            try await withRegistryClient(.test()) { client in
                let bytes = try await client.repository(registry.repository()).withContent(
                    of: descriptor, from: 150_000
                ) {
                    stream in
                    var bytes: [UInt8] = []
                    for try await chunk in stream { bytes += chunk }
                    return bytes
                }
                #expect(bytes == Array(Self.content.suffix(50_000)))
            }
            #expect(registry.requests.first?.header("Range") == "bytes=150000-199999")
        }
    }

    @Test("gives up on a server that stops in the middle")
    func stalls() async throws {
        let error = await failure {
            try await download(
                [
                    Fault(
                        "GET", "/blobs/", times: 9,
                        .change { response in
                            response.headers.append(("Transfer-Encoding", "chunked"))
                            response.body = []
                            response.hangs = true
                        })
                ],
                configure: {
                    $0.timeouts.idle = .milliseconds(100)
                    $0.retries.outage = .milliseconds(1)
                })
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("did not answer in time") == true)
    }

    @Test("waits for a slow server as long as bytes arrive, also after a connection that breaks")
    func slow() async throws {
        let clock = TestClock()
        let content = noise(3 << 20, seed: "drip")
        try await withFakeRegistry(faults: [Fault("GET", "/blobs/", .change { $0.cutAfter = 2 << 20 })]) { registry in
            let descriptor = registry.add(content)
            try await withRegistryClient(.test(clock)) { client in
                let count = try await client.repository(registry.repository()).withContent(of: descriptor) { stream in
                    var count = 0
                    for try await chunk in stream {
                        count += chunk.count
                        // Pieces have any size; 64 KiB are progress, and without it the limit is 120 seconds.
                        clock.advance(.milliseconds(min(105_000, chunk.count * 14_000 / (64 << 10))))
                    }
                    return count
                }
                #expect(count == content.count)
            }
            #expect(registry.requests("GET").count == 2)
        }
        #expect(clock.now > .seconds(600))
    }

    @Test("a server that breaks the connection after a few bytes is given up in time")
    func crumbs() async throws {
        let clock = TestClock()
        let error = try await withFakeRegistry(faults: [
            Fault("GET", "/blobs/", times: 9_999, .change { $0.cutAfter = 1_000 })
        ]) { registry in
            let descriptor = registry.add(noise(3 << 20, seed: "crumbs"))
            return try await withRegistryClient(.test(clock)) { client in
                await failure {
                    try await client.repository(registry.repository()).withContent(of: descriptor) { stream in
                        for try await _ in stream { clock.advance(.seconds(10)) }
                    }
                }
            }
        }
        #expect(error?.code == .unavailable)
        #expect(clock.now < .seconds(200))
    }

    @Test("an unreachable registry is unavailable, and the message names it and the reason")
    func refused() async throws {
        let repository = try Repository("127.0.0.1:1/team/shop")
        try await withRegistryClient(.test()) { client in
            let error = await failure { _ = try await client.repository(repository).resolve(Tag("v1")) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("127.0.0.1:1/team/shop") == true)
            #expect(error?.message.contains("refused") == true)
        }
    }

    @Test("a registry that does not speak HTTP is unavailable")
    func notHTTP() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withFakeRegistry(tls: identity) { registry in
                try await withRegistryClient(.test()) { client in
                    let code = await code { _ = try await client.repository(registry.repository()).tags() }
                    #expect(code == .unavailable)
                }
            }
        }
    }
}
