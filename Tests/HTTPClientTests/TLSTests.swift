import Foundation
import HTTPMessages
import Testing

@testable import HTTPClient

@Suite("TLS", .timeLimit(.minutes(2)))
struct TLSTests {
    private func configuration(
        _ authority: String? = "ca", client: String? = nil
    ) async throws -> HTTPClientConfiguration {
        let certificates = try await TestCertificates.shared()
        let trust = HTTPTrust(
            authorities: try authority.map { try CertificateAuthorities(file: certificates.path("\($0).pem")) },
            clientCertificate: try client.map {
                try ClientCertificate(
                    certificateFile: certificates.path("\($0).pem"), keyFile: certificates.path("\($0).key"))
            })
        var configuration = HTTPClientConfiguration.quick
        configuration.trust = { _ in trust }
        return configuration
    }

    private func get(_ server: TLSServer, _ configuration: HTTPClientConfiguration, host: String = "127.0.0.1")
        async throws
        -> Result<String, HTTPFailure>
    {
        try await withHTTPClient(configuration) { client in
            let origin = HTTPOrigin(scheme: .https, host: host, port: server.port)
            do { return .success(try await client.text(HTTPRequest(.GET, origin, "/")).body) } catch let failure
                as HTTPFailure
            {
                return .failure(failure)
            }
        }
    }

    private func failure(_ result: Result<String, HTTPFailure>) -> HTTPFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test("trusts a certificate of a configured authority", arguments: ["127.0.0.1", "localhost"])
    func trusted(host: String) async throws {
        try await TLSServer.run { server in
            let body = try await get(server, configuration(), host: host).get()
            #expect(body.contains("TLSv1.3"))
        }
    }

    /// A certificate that is not trusted, and the reason.
    struct Untrusted: Sendable, CustomTestStringConvertible {
        let certificate: String
        var chain: String?
        var authority: String? = "ca"
        let code: HTTPFailure.Code
        let reason: String
        var testDescription: String { "\(certificate), chain \(chain ?? "none"), authority \(authority ?? "none")" }
    }

    private static let orIncomplete =
        "is signed by an authority that is not trusted, or comes without the intermediate certificates that lead to one"
    static let distrusted: [Untrusted] = [
        Untrusted(certificate: "expired", code: .certificateExpired, reason: "has expired"),
        Untrusted(certificate: "othername", code: .certificateForOtherName, reason: "is for another name"),
        Untrusted(
            certificate: "ca", authority: nil, code: .unknownAuthority, reason: "is signed by itself, and not trusted"),
        Untrusted(certificate: "good", authority: nil, code: .unknownAuthority, reason: orIncomplete),
        Untrusted(certificate: "stranger", code: .unknownAuthority, reason: orIncomplete),
        Untrusted(certificate: "chained", code: .unknownAuthority, reason: orIncomplete),
        Untrusted(
            certificate: "chained", chain: "middle", authority: "otherca", code: .unknownAuthority,
            reason: "is signed by an authority that is not trusted"),
        Untrusted(
            certificate: "stranger", chain: "otherca", code: .unknownAuthority,
            reason: "is signed by an authority that is not trusted"),
        Untrusted(
            certificate: "fetchable", code: .incompleteChain,
            reason: "comes without the intermediate certificates that lead to an authority"),
    ]

    @Test("tells why a certificate is not trusted", arguments: distrusted, ["-tls1_2", "-tls1_3"])
    func untrusted(_ given: Untrusted, version: String) async throws {
        let chain = given.chain.map { ["-cert_chain", "\($0).pem"] } ?? []
        try await TLSServer.run(given.certificate, ["-www", version] + chain) { server in
            let failure = failure(try await get(server, configuration(given.authority)))
            #expect(failure?.code == given.code, "\(String(describing: failure))")
            #expect(failure?.party == .server)
            #expect(failure?.isTransient == false)
            #expect(failure?.reason == "its TLS certificate \(given.reason)")
        }
    }

    @Test("trusts a whole chain, and an intermediate certificate that is given", arguments: [true, false])
    func chain(isSent: Bool) async throws {
        let chain = isSent ? ["-cert_chain", "middle.pem"] : []
        try await TLSServer.run("chained", ["-www"] + chain) { server in
            _ = try await get(server, configuration(isSent ? "ca" : "middle")).get()
        }
    }

    @Test("trusts the given authorities alone where the system's are replaced", arguments: ["ca", "otherca"])
    func replaced(authority: String) async throws {
        let certificates = try await TestCertificates.shared()
        var trust = HTTPTrust()
        trust.authorities = CertificateAuthorities(joining: [
            try CertificateAuthorities(file: certificates.path("\(authority).pem")),
            try CertificateAuthorities(file: certificates.path("\(authority).pem")),
        ])
        trust.includesSystem = false
        var configuration = HTTPClientConfiguration.quick
        let chosen = trust
        configuration.trust = { _ in chosen }
        try await TLSServer.run { server in
            let result = try await get(server, configuration)
            #expect((failure(result) == nil) == (authority == "ca"))
        }
    }

    @Test("trusts an authority only for its origin")
    func trustByOrigin() async throws {
        let given = try await configuration().trust(HTTPOrigin(scheme: .https, host: "localhost"))
        var configuration = HTTPClientConfiguration.quick
        configuration.trust = { $0.host == "localhost" ? given : .system }
        try await TLSServer.run { server in
            let chosen = configuration
            try await withHTTPClient(chosen) { client in
                for _ in 0..<2 {
                    let known = HTTPOrigin(scheme: .https, host: "localhost", port: server.port)
                    let text = try await client.text(HTTPRequest(.GET, known, "/"))
                    #expect(text.status == 200)
                    let other = HTTPOrigin(scheme: .https, host: "127.0.0.1", port: server.port)
                    let failure = try await client.failure(HTTPRequest(.GET, other, "/"))
                    #expect(failure?.code == .unknownAuthority)
                }
            }
        }
    }

    @Test("keeps the system's authorities when others are added")
    func systemToo() throws {
        // What can be seen without a server that the system trusts: the directory of hashes is found.
        #expect(SystemTrust.hashedDirectory != nil || SystemTrust.bundleContent.count > 100_000)
    }

    @Test("rejects TLS 1.1, and accepts 1.2", arguments: [("-tls1_1", false), ("-tls1_2", true)])
    func versions(version: String, works: Bool) async throws {
        try await TLSServer.run("good", ["-www", version, "-cipher", "DEFAULT@SECLEVEL=0"]) { server in
            let result = try await get(server, configuration())
            if works {
                #expect(try result.get().contains("TLSv1.2"))
            } else {
                #expect(failure(result)?.code == .tls, "\(result)")
                #expect(failure(result)?.isTransient == false)
            }
        }
    }

    @Test(
        "sends a certificate when one is requested, and reports a missing one and one that is not accepted",
        arguments: [
            ("client", nil), (nil, "it requires a client certificate"),
            ("stranger", "it does not accept the client certificate"),
        ] as [(String?, String?)],
        ["-tls1_2", "-tls1_3"])
    func client(_ given: (certificate: String?, reason: String?), version: String) async throws {
        let verify = ["-www", version, "-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"]
        try await TLSServer.run("good", verify) { server in
            let result = try await get(server, configuration("ca", client: given.certificate))
            if let reason = given.reason {
                #expect(failure(result)?.code == .clientCertificate, "\(result)")
                #expect(failure(result)?.reason == reason)
                #expect(failure(result)?.isTransient == false)
            } else {
                let page = try result.get()
                #expect(page.contains("CN = client") || page.contains("CN=client"), "\(page)")
            }
        }
    }

    @Test(
        "reports a server that does not speak TLS",
        arguments: ["HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "nonsense, and more of it"])
    func plain(answer: String) async throws {
        try await withServer { connection in
            _ = connection.receive()
            connection.send(answer)
            connection.finish()
            connection.waitForEnd()
        } _: { server, client in
            let origin = HTTPOrigin(scheme: .https, host: "127.0.0.1", port: server.port)
            let failure = try await client.failure(HTTPRequest(.GET, origin, "/"))
            #expect(failure?.code == .notTLS)
            #expect(failure?.isTransient == false)
            #expect(failure?.reason == "it does not speak TLS")
        }
    }

    @Test("reports a handshake that is cut", arguments: [true, false])
    func cut(resets: Bool) async throws {
        try await withServer { connection in
            _ = connection.receive()
            if resets { connection.reset() }
        } _: { server, client in
            let origin = HTTPOrigin(scheme: .https, host: "127.0.0.1", port: server.port)
            let failure = try await client.failure(HTTPRequest(.GET, origin, "/"))
            #expect([.tls, .closed, .reset].contains(failure?.code), "\(String(describing: failure))")
            #expect(failure?.isTransient == true)
        }
    }

    @Test("does not accept a cut connection as the end of a response")
    func truncated() async throws {
        // The connection is cut without TLS's own goodbye.
        try await TLSServer.run("good", []) { server in
            let configuration = try await configuration()
            let outcome = try await withHTTPClient(configuration) { client in
                let origin = HTTPOrigin(scheme: .https, host: "127.0.0.1", port: server.port)
                async let sent = client.send(HTTPRequest(.GET, origin, "/"))
                _ = try await server.receive(until: "\r\n\r\n")
                try server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
                let body = try await sent.body
                #expect(try await body.next() != nil)
                server.kill()
                return await Result { try await body.next() }
            }
            #expect(throws: HTTPFailure.self) { try outcome.get() }
        }
    }

    @Test("speaks to a proxy with TLS")
    func proxy() async throws {
        try await TLSServer.run("good", []) { server in
            let configuration = try await configuration()
            try await withHTTPClient(configuration) { client in
                var request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: "registry.example", port: 80), "/x")
                request.proxy = HTTPProxy(
                    scheme: .https, host: "localhost", port: server.port,
                    login: HTTPProxy.Login(user: "someone", password: "secret"))
                let sent = request
                async let text = client.text(sent)
                let connect = try await server.receive(until: "\r\n\r\n")
                #expect(connect.contains("CONNECT registry.example:80 HTTP/1.1\r\n"))
                #expect(connect.contains("Proxy-Authorization: Basic "))
                try server.send("HTTP/1.1 200 OK\r\n\r\n")
                let get = try await server.receive(until: "\r\n\r\n")
                #expect(get.contains("GET /x HTTP/1.1\r\n"))
                try server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                #expect(try await text.body == "ok")
            }
        }
    }

    @Test("does not trust a proxy with an untrusted certificate")
    func untrustedProxy() async throws {
        try await TLSServer.run { server in
            try await withHTTPClient(.quick) { client in
                var request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: "registry.example", port: 80), "/x")
                request.proxy = HTTPProxy(scheme: .https, host: "localhost", port: server.port)
                let failure = try await client.failure(request)
                #expect(failure?.code == .unknownAuthority, "\(String(describing: failure))")
                #expect(failure?.party == .proxy)
            }
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
