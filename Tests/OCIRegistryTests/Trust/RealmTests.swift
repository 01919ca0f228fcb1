import CapsuleTestSupport
import OCI
import Testing

@testable import OCIRegistry

@Suite("C3, C4: token realms", .timeLimit(.minutes(1)))
struct RealmTests {
    private func check(_ realm: String, _ registry: String, plain: Set<String> = []) throws -> WebAddress {
        try RealmRule.check(
            realm, registry: WebAddress(registry).origin, plainHTTP: PlainHTTPRule(hosts: plain, loopback: true))
    }

    @Test(
        "a public registry cannot direct the password to such an address",
        arguments: [
            "http://auth.example/token", "file:///etc/passwd", "https://user@auth.example/",
            "https://user:pw@auth.example/",
            "https://localhost/t", "https://a.localhost/t", "https://127.0.0.1/t", "https://127.1/t", "https://[::1]/t",
            "https://2130706433/t", "https://0x7f000001/t", "https://0177.0.0.1/t", "https://0x7f.0.0.1/t",
            "https://169.254.169.254/latest", "https://10.0.0.1/t", "https://172.20.0.1/t", "https://192.168.0.1/t",
            "https://100.64.0.1/t", "https://0.0.0.0/t", "https://[fe80::1]/t", "https://[fd00::1]/t",
            "https://[::ffff:10.0.0.1]/t", "https://[::ffff:a00:1]/t", "https://[64:ff9b::a00:1]/t", "https://[::]/t",
            "ftp://auth.example/t", "//auth.example/t", "/token", "", "https://auth.example\\@evil.example/t",
            "https://localhost./t", "https://LOCALHOST/t", "https://127.0.0.1./t", "https://0/t",
            "https://017700000001/t",
            "https://127.0.1/t", "https://0x7F.1/t", "https://00.0.0.0/t", "https://127.0.0.1.:443/t",
            "https://169.254.169.254./t", "https://0xA9FEA9FE/t", "https://[::127.0.0.1]/t",
            "https://[::ffff:127.0.0.1]/t",
            "https://[::ffff:0:127.0.0.1]/t", "https://[0:0:0:0:0:0:0:1]/t", "https://[2002:7f00:1::]/t",
            "https://[fe80::1%25eth0]/t", "https://[fec0::1]/t", "https://[ff02::1]/t", "https://198.18.0.1/t",
            "https://192.0.0.8/t", "https://240.0.0.1/t", "https://255.255.255.255/t",
            "https://\u{2460}\u{2461}\u{2466}.0.0.1/t",
            "https://127\u{3002}0\u{3002}0\u{3002}1/t", "https://auth.example%2f@127.0.0.1/t", "https:/auth.example/t",
            "https:auth.example/t", "HTTP://auth.example/t", "data:text/plain,{}", "unix:///run/token.sock",
            "https://:443/t",
            "https://%31%32%37.0.0.1/t", "gopher://auth.example", "https://auth.example/\r\nX: y",
        ])
    func refused(realm: String) {
        let error = #expect(throws: OCIError.self) { try check(realm, "https://registry.example/") }
        #expect(error?.code == .protocolViolation)
    }

    @Test(
        "realms of real registries are accepted",
        arguments: [
            ("https://auth.docker.io/token", "https://registry-1.docker.io/", []),
            ("https://ghcr.io/token?x=1", "https://ghcr.io/", []),
            ("https://10.0.0.5/token", "https://10.0.0.5/", []),
            ("https://10.0.0.6/token", "https://10.0.0.5/", []),
            ("https://auth.corp.example/token", "https://10.0.0.5/", []),
            ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000/", []),
            ("http://localhost:5001/token", "http://127.0.0.1:5000/", []),
            ("https://auth.example/token", "http://127.0.0.1:5000/", []),
            (
                "http://auth.corp.example/t", "http://registry.corp.example/",
                ["registry.corp.example", "auth.corp.example"]
            ),
        ] as [(String, String, Set<String>)])
    func taken(realm: String, registry: String, plain: Set<String>) throws {
        #expect(try check(realm, registry, plain: plain).text == realm)
    }

    @Test(
        "a registry over plain HTTP cannot choose other hosts for it",
        arguments: [
            ("http://auth.example/t", "http://127.0.0.1:5000/"),
            ("http://other.example/t", "http://registry.corp.example/"),
            ("http://169.254.169.254/t", "http://registry.corp.example/"),
            ("http://127.0.0.1/t", "http://registry.corp.example/"),
            ("http://127.0.0.1:5001/t", "https://127.0.0.1:5000/"),
        ])
    func plain(realm: String, registry: String) {
        #expect(throws: OCIError.self) { try check(realm, registry, plain: ["registry.corp.example"]) }
    }

    @Test("a rejected realm receives no request")
    func noRequest() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withScriptedServer(answer: { _ in ScriptedResponse(200, text: "{\"token\":\"t\"}") }) { trap in
                var options = FakeRegistryOptions()
                options.challenge = "Bearer realm=\"\(trap.origin)/token\""
                options.authorization = { _ in false }
                try await withFakeRegistry(options, tls: identity) { registry in
                    let configuration = RegistryConfiguration.test {
                        $0.plainHTTPOnLoopback = false
                        $0.trust.authorityFiles = [identity.certificateFile]
                        $0.credentials = FixedCredentials([registry.host: .basic(user: "u", password: "pw")])
                    }
                    try await withRegistryClient(configuration) { client in
                        let code = await code {
                            _ = try await client.repository(registry.repository()).resolve(Tag("v1"))
                        }
                        #expect(code == .protocolViolation)
                    }
                    #expect(registry.requests.count == 1)
                    #expect(trap.requests.isEmpty)
                }
            }
        }
    }

    @Test(
        "a token server that redirects is rejected, and the other server receives nothing",
        arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(200, text: "{\"token\":\"t\"}") }) { trap in
            let location = "\(trap.origin)/token"
            try await withTokenWorld(answer: { _, _ in ScriptedResponse(status, headers: [("Location", location)]) }) {
                world in
                let configuration = RegistryConfiguration.test {
                    $0.credentials = FixedCredentials([world.registry.host: .basic(user: "u", password: "pw")])
                }
                try await withRegistryClient(configuration) { client in
                    let code = await code {
                        _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                    }
                    #expect(code == .protocolViolation)
                }
                #expect(trap.requests.isEmpty)
            }
        }
    }
}
