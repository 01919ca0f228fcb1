import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Registries behind proxies", .timeLimit(.minutes(1)))
struct ProxyFailureTests {
    private func resolve(
        _ environment: [String: String], clock: TestClock = TestClock(),
        _ change: (inout RegistryConfiguration) -> Void = { _ in }
    ) async throws -> OCIError? {
        let configuration = RegistryConfiguration.test(clock) {
            $0.proxies = ProxySettings(environment: environment)
            change(&$0)
        }
        return try await withRegistryClient(configuration) { client in
            await failure { _ = try await client.repository(Repository("registry.example/a")).resolve(Tag("v1")) }
        }
    }

    @Test(
        "the message names the proxy, its variable and what it did; a refusal is not tried again",
        arguments: [
            (
                403, 1,
                "answers 403 and did not make the connection; let the proxy allow \"registry.example\", or name the host in NO_PROXY"
            ),
            (407, 1, "requires authentication; put USER:PASSWORD@ into the address in https_proxy"),
            (302, 1, "answers 302"), (502, 11, "answers 502 and did not make the connection; ask the proxy's operator"),
        ])
    func refuses(status: Int, tries: Int, words: String) async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(status) }) { proxy in
            let error = try await resolve(["https_proxy": "http://u:hunter2@\(proxy.authority)"])
            let message = error?.message ?? ""
            #expect(error?.code == .unavailable)
            #expect(message.contains("the proxy \(proxy.authority) of https_proxy \(words)"), "\(message)")
            #expect(!message.contains("hunter2"))
            #expect(proxy.requests.count == tries)
        }
    }

    @Test("a proxy with TLS is reached over TLS, and its certificate is checked")
    func secure() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withScriptedServer(tls: identity, answer: { _ in ScriptedResponse(403) }) { proxy in
                let environment = ["HTTPS_PROXY": "https://\(proxy.authority)"]
                let untrusted = try await resolve(environment)?.message ?? ""
                #expect(
                    untrusted.contains("the proxy \(proxy.authority) of HTTPS_PROXY: its TLS certificate"),
                    "\(untrusted)")
                #expect(proxy.requests.isEmpty)
                let trusted = try await resolve(environment) { $0.trust.authorityFiles = [identity.certificateFile] }
                #expect(trusted?.message.contains("answers 403") == true, "\(trusted?.message ?? "")")
                #expect(proxy.requests.map(\.method) == ["CONNECT"])
                let plain = try await resolve(["HTTPS_PROXY": "http://\(proxy.authority)"])?.message ?? ""
                #expect(plain.contains("the proxy \(proxy.authority) of HTTPS_PROXY"), "\(plain)")
            }
        }
    }

    @Test("a proxy that is not there, or has no address, is named", arguments: ["http", "https", "socks5h", "socks4a"])
    func absent(scheme: String) async throws {
        for host in ["127.0.0.1:1", "no-such-name.invalid:1"] {
            let error = try await resolve(["ALL_PROXY": "\(scheme)://\(host)"])
            let message = error?.message ?? ""
            #expect(message.contains("the proxy \(host) of ALL_PROXY"), "\(message)")
            #expect(!message.contains("registry.example\" cannot be resolved"), "\(message)")
        }
    }

    @Test("a value that cannot be used fails at once, as wrong usage, and no request is sent directly")
    func unusable() async throws {
        let clock = TestClock()
        let error = try await resolve(["HTTPS_PROXY": "socks9://127.0.0.1:1"], clock: clock)
        #expect(error?.code == .invalidName)
        #expect(clock.pauses.isEmpty)
    }
}
