import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import Processes
import Support
import Testing

@Suite(
    "capsule serve runs", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "openssl"))
struct ServeOperationTests {
    @Test("until it is asked to stop, and ends what it began")
    func graceful() async throws {
        try await ServedShop.with { served in
            let mark = "\(served.shop.directory)/mark"
            try await served.shop.writeProgram(
                "gitops.git/hooks/pre-receive",
                "echo here >\(mark); while [ ! -e \(mark).go ]; do /bin/sleep 0.02; done")
            try await ServiceProcess.with(served, options: ["--drain", "2"]) { service in
                #expect(try await service.tester.get("/readyz").status == 200)
                #expect(
                    try await service.tester.post("/v1/promotions", served.promotion(to: "staging")).status == 202)
                #expect(try await eventually { (try? readFile(mark)) != nil })
                try await service.signal("TERM")
                #expect(try await eventually { try await service.tester.get("/readyz").status == 503 })
                #expect(try await service.tester.get("/healthz").status == 200)
                #expect(try await service.tester.post("/verify", served.verification()).status == 200)
                try writeFile("\(mark).go", "")
                #expect(try await service.status() == "0", "\(service.log)")
                #expect(service.log.contains("\"outcome\":\"promoted\""), "\(service.log)")
                for line in service.log.split(separator: "\n") {
                    #expect(throws: Never.self) { try JSONParser.parse(Array(line.utf8), file: "log") }
                }
                let first = service.log.prefix { $0 != "\n" }
                #expect(first.contains("\"message\":\"starting\"") && first.contains(DoctorTests.libraries), "\(first)")
            }
            #expect(try await served.shop.gitops("rev-list", "--count", "stage/staging") == "1")
        }
    }

    @Test("no longer than its grace, and does at the next start what it had to leave")
    func noGrace() async throws {
        try await ServedShop.with { served in
            let mark = "\(served.shop.directory)/mark"
            try await served.shop.writeProgram(
                "gitops.git/hooks/pre-receive", "if [ ! -e \(mark) ]; then echo here >\(mark); /bin/sleep 20; fi")
            let id = try await ServiceProcess.with(served, options: ["--grace", "1"]) { service in
                let reply = try await service.tester.post("/v1/promotions", served.promotion(to: "staging"))
                #expect(try await eventually { (try? readFile(mark)) != nil })
                let start = ContinuousClock.now
                try await service.signal("TERM")
                _ = try await service.status()
                #expect(ContinuousClock.now - start < .seconds(10))
                return reply.json["id"]?.string ?? ""
            }
            try await ServiceProcess.with(served) { service in
                let reply = try await service.wait(for: id)
                #expect(reply.status == 200, "\(reply.text)")
            }
            #expect(try await served.shop.gitops("rev-list", "--count", "stage/staging") == "1")
        }
    }

    @Test("with TLS 1.2 or newer from files, and no older")
    func tls() async throws {
        try await ServedShop.with { served in
            let identity = try await TLSIdentity.make(in: "\(served.shop.directory)/home")
            let files = ["--tls-certificate", identity.certificateFile, "--tls-key", identity.keyFile]
            try await ServiceProcess.with(served, options: files) { service in
                let connect = "127.0.0.1:\(service.tester.port)"
                let request = Array("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
                for (version, answered) in [("-tls1_2", true), ("-tls1_3", true), ("-tls1_1", false)] {
                    let result = try await Tool.run(
                        [
                            "openssl", "s_client", "-connect", connect, "-CAfile", identity.certificateFile, "-quiet",
                            "-verify_return_error", "-ign_eof", version, "-cipher", "DEFAULT@SECLEVEL=0",
                        ], input: request)
                    #expect(result.text.contains("{\"ok\":true}") == answered, "\(version) \(result.errorOutput)")
                }
            }
        }
    }

    @Test("with a new certificate as soon as the files have it, and with the old one while they are broken")
    func renewedCertificate() async throws {
        try await ServedShop.with { served in
            let home = "\(served.shop.directory)/home"
            let identity = try await TLSIdentity.make(in: home)
            let files = ["--tls-certificate", identity.certificateFile, "--tls-key", identity.keyFile]
            @Sendable func serial(_ service: ServiceProcess) async throws -> String {
                try await Tool.output([
                    "sh", "-c",
                    "openssl s_client -connect 127.0.0.1:\(service.tester.port) </dev/null 2>\(home)/s_client | "
                        + "openssl x509 -noout -serial",
                ])
            }
            @Sendable func file() async throws -> String {
                try await Tool.output(["openssl", "x509", "-noout", "-serial", "-in", identity.certificateFile])
            }
            try await ServiceProcess.with(served, options: files) { service in
                let old = try await serial(service)
                #expect(try await file() == old)
                _ = try await TLSIdentity.make(in: home)
                let new = try await file()
                #expect(new != old)
                #expect(try await eventually { try await serial(service) == new })
                try writeFile(identity.keyFile, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n")
                // Only a connection has the files read again.
                let complains = try await eventually { () async throws -> Bool in
                    #expect(try await serial(service) == new)
                    return service.log.contains("the certificate cannot be renewed")
                }
                #expect(complains, "\(service.log)")
            }
        }
    }

    @Test("not at all without what it needs, and says what that is")
    func usage() async throws {
        try await Shop.with { shop in
            try writeFile("\(shop.directory)/bad.yaml", "tokens: []\n")
            for (arguments, status, words) in [
                ([], 64, "--tokens FILE"), (["--anonymous-verify"], 64, "--allow-repository"),
                (["--anonymous-verify", "--allow-repository", "Bad/"], 64, "neither a registry nor a repository"),
                (["--anonymous-verify", "--allow-repository", "ghcr.io", "--allow-remote", "ext::sh"], 64, "ext::sh"),
                (["--tokens", "bad.yaml", "--allow-repository", "ghcr.io"], 64, "no tokens"),
                (["--tokens", "gone.yaml", "--allow-repository", "ghcr.io"], 1, "gone.yaml"),
                (["--anonymous-verify", "--listen", "8080"], 64, "host:port"),
                (["--anonymous-verify", "--listen", ":65536"], 64, "from 0 to 65535"),
                (["--anonymous-verify", "--listen", "::1:8080"], 64, "brackets"),
                (["--anonymous-verify", "--health-listen", "localhost"], 64, "--health-listen"),
                (["--anonymous-verify", "--bogus"], 64, "unknown option"), (["--log-level", "loud"], 64, "debug"),
                (["--anonymous-verify", "--allow-repository", "ghcr.io", "--ca-file", "gone.pem"], 1, "gone.pem"),
                (["--anonymous-verify", "--allow-repository", "ghcr.io", "--client-key", "x"], 64, "--client-cert"),
                (
                    ["--anonymous-verify", "--allow-repository", "https://u:s3cret@ghcr.io/x"], 64,
                    "neither a registry nor a repository"
                ),
                (["--anonymous-verify", "--tls-key", "x"], 64, "must be given together"),
                (
                    [
                        "--anonymous-verify", "--allow-repository", "ghcr.io", "--tls-key", "x", "--tls-certificate",
                        "y",
                    ], 1, "cannot be used"
                ),
                (
                    ["--anonymous-verify", "--allow-repository", "ghcr.io", "--listen", "192.0.2.1:1"], 1,
                    "cannot listen"
                ),
            ] as [([String], Int32, String)] {
                let outcome = try await shop.run(["serve"] + arguments)
                #expect(outcome.status == status, "\(arguments) \(outcome.errors)")
                #expect(outcome.errors.contains(words), "\(arguments) \(outcome.errors)")
                // Whoever collects the log reads JSON from the first line to the last, and no address on stdout.
                let lines = outcome.errors.split(separator: "\n")
                for line in lines {
                    #expect(throws: Never.self) { try JSONParser.parse(Array(line.utf8), file: "log") }
                }
                let last = try JSONParser.parse(Array((lines.last ?? "").utf8), file: "log")
                #expect(
                    last["level"]?.string == "critical" && last["reason"]?.string?.contains(words) == true, "\(last)")
                #expect(outcome.output == "" && !outcome.errors.contains("s3cret"), "\(arguments) \(outcome.errors)")
            }
        }
    }

    @Test("with what one capsule.yaml names, and allows nothing else")
    func configured() async throws {
        try await ServedShop.with { served in
            let shop = served.shop
            // Without --allow-repository and --allow-remote: a service of its own.
            try await Tool.output(["mkdir", "other"], in: shop.directory)
            let script = """
                \(CapsuleProgram.path) serve --config capsule.yaml --anonymous-verify --listen 127.0.0.1:0 --drain 0 \
                --cache-dir other/cache >other/out 2>other/err & pid=$!
                while [ ! -s other/out ] && kill -0 $pid; do /bin/sleep 0.05; done
                for file in yes.json no.json; do
                  curl -s -o /dev/null -w '%{http_code}\\n' --data-binary @$file "http://$(cat other/out)/verify"
                done
                kill $pid; wait $pid
                """
            try writeFile("\(shop.directory)/yes.json", served.verification().text)
            try writeFile(
                "\(shop.directory)/no.json", served.verification().text.replacing("shop/web", with: "shop/other"))
            let result = try await Tool.run(
                ["sh", "-c", script], in: shop.directory, environment: ["HOME": shop.directory])
            #expect(result.text == "200\n403", "\(result.text) \(result.errorOutput)")
        }
    }
}
