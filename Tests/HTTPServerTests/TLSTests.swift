import Synchronization
import Testing

@testable import HTTPServer

@Suite("TLS", .timeLimit(.minutes(2))) struct TLSTests {
    private static let client = TestClient.command.joined(separator: " ")
    private static let request = "GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"

    private func ask(_ port: Int, _ options: String) async throws -> String {
        try await shell(
            "printf '\(Self.request)' | \(Self.client) -ign_eof -connect 127.0.0.1:\(port) \(options) || true")
    }

    @Test(
        "is 1.2 or newer",
        arguments: [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2"), ("-tls1_1", nil), ("-tls1", nil)])
    func versions(option: String, version: String?) async throws {
        try await withServer(encrypted: true) { server in
            let text = try await ask(server.port, option + " -cipher DEFAULT:@SECLEVEL=0")
            #expect(text.contains("HTTP/1.1 200 OK") == (version != nil), "\(text)")
            if let version { #expect(text.contains(version)) }
        }
    }

    @Test(
        "speaks http/1.1 on top, and ends a handshake that wants something else",
        arguments: [("-alpn http/1.1", true), ("-alpn h2,http/1.1", true), ("-alpn h2", false), ("", true)])
    func protocols(option: String, isTaken: Bool) async throws {
        try await withServer(encrypted: true) { server in
            let text = try await ask(server.port, option)
            #expect(text.contains("HTTP/1.1 200 OK") == isTaken, "\(text)")
            #expect(text.contains("ALPN protocol: http/1.1") == (isTaken && !option.isEmpty))
        }
    }

    @Test("is not negotiated again, and not resumed")
    func fixed() async throws {
        try await withServer(encrypted: true) { server in
            let text = try await ask(server.port, "-tls1_2")
            #expect(text.contains("Secure Renegotiation IS supported") && !text.contains("TLS session ticket:"))
            let answer = try await shell(
                "(printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\n'; sleep 1; printf 'R\\n'; sleep 0.5; printf 'Q\\n') | "
                    + "timeout 20 \(Self.client) -tls1_2 -connect 127.0.0.1:\(server.port) || true")
            #expect(answer.contains("RENEGOTIATING") && !answer.contains("HTTP/1.1 200"), "\(answer)")
        }
    }

    @Test("uses a renewed certificate for new connections, while the others keep theirs")
    func renewal() async throws {
        let (first, second) = (try TestIdentity.first.tls(), try TestIdentity.second.tls())
        let current = Mutex(first)
        try await withServer(
            encrypted: true, configure: { $0.certificate = { current.withLock { $0 } } }
        ) { server in
            let kept = try await awaitBlocking {
                let client = try server.connect()
                client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try client.reply()
                return client
            }
            #expect(try await ask(server.port, "").contains("CN = first"))
            current.withLock { $0 = second }
            #expect(try await ask(server.port, "").contains("CN = second"))
            let reply = try await awaitBlocking {
                kept.send("GET /kept HTTP/1.1\r\nHost: x\r\n\r\n")
                return try kept.reply()
            }
            #expect(reply.body == "GET /kept ")
        }
    }

    @Test("takes a certificate and the key that belongs to it")
    func pairs() throws {
        let (first, second) = (TestIdentity.first, TestIdentity.second)
        _ = try ServerTLS(certificateChain: first.certificate + second.certificate, privateKey: first.key)
        _ = try ServerTLS(certificateChain: first.certificate + [0x0A, 0x0A], privateKey: first.key + [0x0A])
        func code(_ chain: [UInt8], _ key: [UInt8]) -> TLSError.Code? {
            #expect(throws: TLSError.self) { try ServerTLS(certificateChain: chain, privateKey: key) }?.code
        }
        #expect(code(first.certificate, second.key) == .mismatch)
        #expect(code([], first.key) == .unusableCertificate)
        #expect(code(first.key, first.key) == .unusableCertificate)
        #expect(code(Array(first.certificate.dropLast(200)), first.key) == .unusableCertificate)
        #expect(code(first.certificate + second.certificate.dropLast(200), first.key) == .unusableCertificate)
        #expect(code(first.certificate, []) == .unusableKey)
        #expect(code(first.certificate, first.certificate) == .unusableKey)
        #expect(code(first.certificate, Array(first.key.dropLast(60))) == .unusableKey)
    }

    @Test("rejects a key that needs a password, without a prompt")
    func password() async throws {
        let text = try await shell(
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x 2>/dev/null")
        let error = #expect(throws: TLSError.self) {
            try ServerTLS(certificateChain: TestIdentity.first.certificate, privateKey: Array(text.utf8))
        }
        #expect(error?.code == .unusableKey && error?.message.contains("encrypted") == true)
    }

    @Test("does not hold others up when many shake hands")
    func crowd() async throws {
        try await withServer(encrypted: true) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let replies = try await server.replies(to: Array("GET / HTTP/1.0\r\n\r\n".utf8))
                        #expect(replies.map(\.body) == ["GET / "])
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
