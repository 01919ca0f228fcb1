import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Uploads go forward or end", .timeLimit(.minutes(1)))
struct UploadProgressTests {
    static let content = noise(1_000_000, seed: "forward")
    static let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: content)

    /// A registry that misbehaves, and what must follow.
    struct Oddity: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var faults: [Fault]
        /// The limit for the bytes that are sent for each byte of the blob.
        var sendings = 1
        /// Nil when the blob is stored.
        var error: OCIError.Code?
    }

    /// Replaces a header field of every answer to these requests; nil removes it.
    private static func setting(_ method: String, _ name: String, _ value: String?) -> Fault {
        Fault(
            method, "/uploads/", times: 999,
            .change { response in
                response.headers.removeAll { $0.name == name }
                if let value { response.headers.append((name, value)) }
            })
    }

    private static func always(_ method: String, _ status: Int, skipping: Int = 0) -> Fault {
        Fault(method, "/uploads/", skipping: skipping, times: 999, .answer(ScriptedResponse(status)))
    }

    static let oddities = [
        Oddity(
            testDescription: "a Range that stands still",
            faults: [setting("PATCH", "Range", "0-0"), setting("GET", "Range", "0-0")]),
        Oddity(
            testDescription: "a Range that stands still after the first piece",
            faults: [setting("PATCH", "Range", "0-299999"), setting("GET", "Range", "0-299999")]),
        Oddity(
            testDescription: "a Range beyond what was sent",
            faults: [setting("PATCH", "Range", "0-999999"), setting("GET", "Range", "0-999999")]),
        Oddity(
            testDescription: "no Range at all", faults: [setting("PATCH", "Range", nil), setting("GET", "Range", nil)]),
        Oddity(testDescription: "a Range that is not one", faults: [setting("PATCH", "Range", "bytes 7 of 9")]),
        Oddity(testDescription: "no Location after the first", faults: [setting("PATCH", "Location", nil)]),
        Oddity(
            testDescription: "a Range that stands still, and no status",
            faults: [setting("PATCH", "Range", "0-0"), always("GET", 404)]),
        Oddity(
            testDescription: "a Range that stands still, and a status that fails",
            faults: [setting("PATCH", "Range", "0-0"), always("GET", 500)]),
        Oddity(
            testDescription: "pieces that are accepted and lost",
            faults: [
                Fault(
                    "PATCH", "/uploads/", times: 999, .answer(ScriptedResponse(202, headers: [("Range", "0-0")])))
            ], sendings: 2),
        Oddity(
            testDescription: "pieces that are accepted and lost, without a word",
            faults: [always("PATCH", 202)], sendings: 2),
        Oddity(testDescription: "no pieces", faults: [always("PATCH", 405)], sendings: 2),
        Oddity(
            testDescription: "no pieces and no single request", faults: [always("PATCH", 405), always("PUT", 400)],
            sendings: 2, error: .protocolViolation),
        Oddity(
            testDescription: "a break in each session, and no status",
            faults: [always("GET", 404), always("PATCH", 500, skipping: 2)], sendings: 5, error: .unavailable),
        Oddity(
            testDescription: "416 in each session", faults: [always("PATCH", 416)], sendings: 5,
            error: .protocolViolation),
        Oddity(testDescription: "416 at the end", faults: [always("PUT", 416)], sendings: 5, error: .protocolViolation),
        Oddity(
            testDescription: "a refusal of 10 MB of control characters",
            faults: [
                Fault(
                    "PATCH", "/uploads/", times: 999,
                    .answer(ScriptedResponse(400, body: [UInt8](repeating: 0x1B, count: 10_000_000))))
            ], error: .protocolViolation),
        Oddity(
            testDescription: "one byte more with each connection",
            faults: [Fault("PATCH", "/uploads/", times: 9_999, .cutRequest(after: 1))], sendings: 5,
            error: .unavailable),
    ]

    private func upload(
        _ content: [UInt8], chunkSize: Int64 = 300_000, monolithicLimit: Int64 = 1_000, _ faults: [Fault],
        check: @Sendable (FakeRegistry, OCIError?) throws -> Void
    ) async throws {
        let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: content)
        try await withFakeRegistry(faults: faults) { registry in
            let configuration = RegistryConfiguration.test {
                $0.uploads.chunkSize = chunkSize
                $0.uploads.monolithicLimit = monolithicLimit
            }
            let error = try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                return await failure { try await repository.store(descriptor, from: BytesSource(content)) }
            }
            #expect((registry.blob(descriptor.digest) == content) == (error == nil))
            try check(registry, error)
        }
    }

    @Test("a blob is sent a small number of times, whatever the registry says", arguments: oddities)
    func odd(_ oddity: Oddity) async throws {
        try await upload(Self.content, oddity.faults) { registry, error in
            #expect(error?.code == oddity.error, "\(String(describing: error))")
            let sent = registry.requests.filter { $0.target.contains("/uploads/") }.reduce(0) { $0 + $1.body.count }
            #expect(sent <= oddity.sendings * Self.content.count)
            #expect(registry.requests.count < 100)
            #expect(error?.message.utf8.allSatisfy { $0 >= 0x20 } != false)
            #expect(error.map { $0.message.utf8.count < 1_000 } != false)
        }
    }

    @Test("a piece that is too large for a proxy is halved", arguments: [300_000, 600_000, 1_999_999], [true, false])
    func tooLarge(limit: Int, isWhole: Bool) async throws {
        let content = noise(4_000_000, seed: "halves")
        let refuse: @Sendable (ReceivedRequest) -> ScriptedResponse? = {
            $0.body.count > limit ? ScriptedResponse(413) : nil
        }
        try await upload(
            content, chunkSize: 2_000_000, monolithicLimit: isWhole ? 10_000_000 : 1_000,
            [Fault(nil, "/uploads/", times: 999, .decide(refuse))]
        ) { registry, error in
            #expect(error == nil)
            let pieces = registry.requests("PATCH").map(\.body.count).filter { $0 <= limit }
            let first = try #require(pieces.first)
            #expect(pieces.allSatisfy { $0 == first || $0 == pieces.last })
            #expect(pieces.reduce(0, +) == content.count)
            #expect(first > limit / 2)
        }
    }

    @Test("a limit below the smallest piece is reported", arguments: [true, false])
    func tooSmall(isWhole: Bool) async throws {
        let refuse: @Sendable (ReceivedRequest) -> ScriptedResponse? = {
            $0.body.count > 100_000 ? ScriptedResponse(413) : nil
        }
        try await upload(
            Self.content, monolithicLimit: isWhole ? 10_000_000 : 1_000,
            [Fault(nil, "/uploads/", times: 999, .decide(refuse))]
        ) { registry, error in
            #expect(error?.code == .tooLarge)
            #expect(registry.requests.count < 12)
        }
    }

    @Test(
        "a piece has at least the registry's minimum",
        arguments: [("400000", [400_000, 400_000, 200_000]), ("9999999999999", [1_000_000]), ("-1", nil), ("x", nil)])
    func minimum(value: String, pieces: [Int]?) async throws {
        try await upload(Self.content, [Self.setting("POST", "OCI-Chunk-Min-Length", value)]) { registry, error in
            #expect(error == nil)
            #expect(
                registry.requests("PATCH").map(\.body.count) == pieces ?? [300_000, 300_000, 300_000, 100_000])
        }
    }

    @Test("a piece is not halved below the registry's minimum")
    func minimumTooLarge() async throws {
        let refuse: @Sendable (ReceivedRequest) -> ScriptedResponse? = {
            $0.body.count > 500_000 ? ScriptedResponse(413) : nil
        }
        try await upload(
            Self.content,
            [
                Self.setting("POST", "OCI-Chunk-Min-Length", "600000"),
                Fault("PATCH", "/uploads/", times: 999, .decide(refuse)),
            ]
        ) { registry, error in
            #expect(error?.code == .tooLarge)
            #expect(registry.requests("PATCH").count == 1)
        }
    }

    @Test("an upload that is directed to another server names the option that allows it")
    func otherServer() async throws {
        let location = [("Location", "https://uploads.example:8443/v2/x?sig=secret")]
        let direct = Fault("POST", "/uploads/", .answer(ScriptedResponse(202, headers: location)))
        try await upload(Self.content, [direct]) { _, error in
            #expect(error?.code == .protocolViolation)
            #expect(error?.message.contains("--upload-host uploads.example:8443;") == true)
            #expect(error?.message.contains("secret") == false)
        }
    }
}
