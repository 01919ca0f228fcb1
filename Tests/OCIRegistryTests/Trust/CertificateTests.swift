import CapsuleTestSupport
import OCI
import OCIRegistry
import Processes
import Support
import Testing

@Suite("Certificates", .timeLimit(.minutes(1)))
struct CertificateTests {
    /// The tags of a registry with these settings, or the error.
    private func tags(of registry: String, _ trust: TrustSettings) async throws -> Result<[String], OCIError> {
        let configuration = RegistryConfiguration.test {
            $0.plainHTTPOnLoopback = false
            $0.trust = trust
        }
        return try await withRegistryClient(configuration) { client in
            do {
                return .success(
                    try await client.repository(Repository("\(registry)/team/shop")).tags().map(\.description))
            } catch let error as OCIError {
                return .failure(error)
            }
        }
    }

    private func error(_ result: Result<[String], OCIError>) -> OCIError? {
        if case .failure(let error) = result { error } else { nil }
    }

    private func withTLSRegistry(_ body: @Sendable (FakeRegistry, TLSIdentity, String) async throws -> Void)
        async throws
    {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withFakeRegistry(tls: identity) { registry in
                registry.add(manifest: Array("{}".utf8), type: MediaType.imageManifest, tag: "v1")
                try await body(registry, identity, directory)
            }
        }
    }

    @Test("are trusted in the five directories for a registry, and for no other one")
    func directories() async throws {
        try await withTLSRegistry { registry, identity, directory in
            let environment = ["HOME": "\(directory)/home"]
            let certificate = try readFile(identity.certificateFile)
            for place in [
                "home/.config/containers", "home/.config/docker", "home/.docker", "etc/containers", "etc/docker",
            ] {
                let certs = "\(directory)/\(place)/certs.d"
                try writeFile("\(certs)/127.0.0.1/ca.crt", certificate)
                try writeFile("\(certs)/127.0.0.1:1/ca.crt", certificate)
                let trust = TrustSettings(environment: environment, system: "\(directory)/etc")
                let other = error(try await tags(of: registry.host, trust))
                #expect(other?.message.contains("is signed by itself, and not trusted; ") == true, "\(place)")
                #expect(other?.message.contains("--ca-file") == true)
                try writeFile("\(certs)/\(registry.host)/any.crt", certificate)
                #expect(try await tags(of: registry.host, trust).get() == ["v1"], "\(place)")
                try writeFile("\(certs)/\(registry.host)/any.crt", "nothing")
                let damaged = error(try await tags(of: registry.host, trust))
                #expect(damaged?.code == .io)
                #expect(
                    damaged?.message.hasPrefix("\(certs)/\(registry.host)/any.crt is not a readable PEM file") == true)
                try await Tool.output(["rm", "-r", certs])
            }
            let moved = TrustSettings(
                environment: ["HOME": "/nowhere", "XDG_CONFIG_HOME": "\(directory)/xdg"], system: "\(directory)/etc")
            try writeFile("\(directory)/xdg/docker/certs.d/\(registry.host)/ca.crt", certificate)
            #expect(try await tags(of: registry.host, moved).get() == ["v1"])
        }
    }

    @Test("are trusted by SSL_CERT_FILE and SSL_CERT_DIR, and by each --ca-file")
    func variables() async throws {
        try await withTLSRegistry { registry, identity, directory in
            try writeFile("\(directory)/other/README", "")
            let other = try await TLSIdentity.make(in: "\(directory)/other")
            let file = identity.certificateFile
            try writeFile("\(directory)/hashes/0a0a0a0a.0", readFile(file))
            try writeFile("\(directory)/hashes/README", "no certificate")
            @Sendable func settings(_ variables: [String: String], _ files: [String] = []) -> TrustSettings {
                var trust = TrustSettings(environment: variables, system: "\(directory)/etc")
                trust.authorityFiles = files
                return trust
            }
            for trust in [
                settings(["SSL_CERT_FILE": file]), settings(["SSL_CERT_DIR": "/nowhere:\(directory)/hashes"]),
                settings(["SSL_CERT_FILE": other.certificateFile, "SSL_CERT_DIR": "\(directory)/hashes"]),
                settings([:], [other.certificateFile, file]),
                settings(["SSL_CERT_FILE": other.certificateFile, "SSL_CERT_DIR": "\(directory)/hashes"], [file]),
            ] {
                #expect(try await tags(of: registry.host, trust).get() == ["v1"])
            }
            for (trust, words) in [
                (
                    settings(["SSL_CERT_FILE": "\(directory)/none"]),
                    "SSL_CERT_FILE: \(directory)/none is not a readable file"
                ),
                (settings(["SSL_CERT_DIR": "/nowhere"]), "SSL_CERT_DIR: /nowhere is not a readable directory"),
                (settings(["SSL_CERT_FILE": ""]), "is signed by itself"),
            ] {
                let error = error(try await tags(of: registry.host, trust))
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
            // A variable that cannot be used is an error only where it is needed.
            try await withFakeRegistry { plain in
                let configuration = RegistryConfiguration.test { $0.trust = settings(["SSL_CERT_FILE": "/nowhere"]) }
                try await withRegistryClient(configuration) { client in
                    let found = try await client.repository(plain.repository()).resolve(Tag("v1"))
                    #expect(found == nil)
                }
            }
        }
    }

    @Test("of the client are sent to the registry that is named, or that has a directory, and to no other server")
    func client() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            let tags = "{\"tags\":[\"v1\"]}"
            try writeFile("\(directory)/v2/team/shop/tags/list?n=1000", tags)
            try await withClientVerification(in: directory, identity) { host in
                var trust = TrustSettings(environment: ["HOME": "\(directory)/home"], system: "\(directory)/etc")
                trust.authorityFiles = [identity.certificateFile]
                let missing = error(try await self.tags(of: host, trust))
                #expect(
                    missing?.message.contains("it requires a client certificate; name one with --client-cert") == true)
                // A server that a registry leads to does not get the certificate of the option.
                trust.clientCertificateFile = identity.certificateFile
                trust.clientKeyFile = identity.keyFile
                #expect(try await self.tags(of: host, trust).get() == ["v1"])
                let named = trust
                try await withFakeRegistry(faults: [
                    Fault(
                        "GET", "/tags/", times: 9,
                        .answer(
                            ScriptedResponse(
                                307, headers: [("Location", "https://\(host)/v2/team/shop/tags/list?n=1000")])))
                ]) { registry in
                    let configuration = RegistryConfiguration.test { $0.trust = named }
                    let error = try await withRegistryClient(configuration) { client in
                        await failure { _ = try await client.repository(registry.repository()).tags() }
                    }
                    #expect(
                        error?.message.contains("requires a client certificate") == true, "\(String(describing: error))"
                    )
                }
                trust.clientCertificateFile = nil
                let certs = "\(directory)/home/.config/containers/certs.d/\(host)"
                try writeFile("\(certs)/client.cert", readFile(identity.certificateFile))
                let error = error(try await self.tags(of: host, trust))
                #expect(error?.message.contains("is a client certificate without its key, \(certs)/client.key") == true)
                try writeFile("\(certs)/client.key", readFile(identity.keyFile))
                #expect(try await self.tags(of: host, trust).get() == ["v1"])
            }
        }
    }

    @Test("of the client open a registry that requires them", .needs("docker-registry", "openssl"))
    func registry() async throws {
        try await withDockerRegistry(tls: true, requiresClientCertificate: true) { registry in
            var trust = TrustSettings()
            trust.authorityFiles = registry.certificateFile.map { [$0] } ?? []
            let missing = error(try await tags(of: registry.host, trust))
            #expect(missing?.message.contains("it requires a client certificate; name one with --client-cert") == true)
            trust.clientCertificateFile = registry.certificateFile
            trust.clientKeyFile = registry.keyFile
            let found = error(try await tags(of: registry.host, trust))
            #expect(found?.code == .notFound, "\(String(describing: found))")
        }
    }

    @Test("of the client are named where a proxy requires them in its own words")
    func words() async throws {
        let page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>"
        try await withFakeRegistry(faults: [Fault(nil, "", times: 9, .answer(ScriptedResponse(400, text: page)))]) {
            registry in
            let error = try await withRegistryClient(.test()) { client in
                await failure { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
            }
            #expect(error?.message.contains("requires a client certificate (400); name one with --client-cert") == true)
        }
    }

    /// Runs a server that serves the files of a directory to clients with a certificate.
    private func withClientVerification(
        in directory: String, _ identity: TLSIdentity, _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let script = """
            cd "$0" && exec openssl s_server -accept 127.0.0.1:0 -WWW -cert certificate.pem -key key.pem \
            -Verify 1 -verify_return_error -CAfile certificate.pem >log 2>&1
            """
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin"]
        let server = Task {
            try await SystemCommandRunner().run(
                Command("sh", ["-c", script, directory], environment: environment, deadline: .seconds(60)))
        }
        defer { server.cancel() }
        for _ in 0..<1_000 {
            let log = (try? readFile("\(directory)/log")).map { String(decoding: $0, as: UTF8.self) } ?? ""
            if let line = log.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT 127.0.0.1:") }),
                log.utf8.count > line.utf8.count
            {
                return try await body(String(line.dropFirst(7)))
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the server did not start")
    }
}
