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

    @Test(
        "does not trust", arguments: [("good", nil), ("stranger", "ca"), ("expired", "ca"), ("othername", "ca")])
    func untrusted(certificate: String, authority: String?) async throws {
        try await TLSServer.run(certificate) { server in
            let failure = failure(try await get(server, configuration(authority)))
            #expect(failure?.code == .certificate, "\(String(describing: failure))")
            #expect(failure?.party == .server)
            #expect(failure?.isTransient == false)
            #expect(failure?.reason == "its TLS certificate is not trusted, has expired, or is for another name")
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
                    #expect(failure?.code == .certificate)
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

    @Test("sends a certificate when one is requested, and reports a missing one", arguments: [true, false])
    func client(shows: Bool) async throws {
        try await TLSServer.run("good", ["-www", "-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"]) {
            server in
            let result = try await get(server, configuration("ca", client: shows ? "client" : nil))
            if shows {
                let page = try result.get()
                #expect(page.contains("CN = client") || page.contains("CN=client"), "\(page)")
            } else {
                #expect(failure(result)?.code == .tls, "\(result)")
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
                #expect(failure?.code == .certificate, "\(String(describing: failure))")
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
