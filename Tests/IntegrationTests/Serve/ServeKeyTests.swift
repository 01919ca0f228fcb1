import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import Signing
import Testing

/// Signatures that the service requires, whatever a policy says.
@Suite(
    "capsule serve --key requires", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "openssl"))
struct ServeKeyTests {
    private static func keys(_ names: String..., for served: ServedShop) async throws {
        for name in names {
            try await Tool.output(
                [
                    "sh", "-c",
                    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out \(name).pem && "
                        + "openssl pkey -in \(name).pem -pubout -out \(name).pub",
                ], in: served.shop.directory)
        }
    }

    private static func sign(_ name: String, _ served: ServedShop, for repository: String? = nil) async throws {
        let release = "\(served.registry.repository("shop/release")):\(served.shop.tag)"
        let options = repository.map { ["--repository", $0] } ?? []
        let signed = try await served.shop.run(["sign", release, "--key", "\(name).pem"] + options)
        try expectSuccess(signed)
    }

    private static func check(_ reply: HTTPReply, _ id: String) -> JSONValue? {
        let checks = reply.json["checks"]?.array ?? reply.json["report"]?["checks"]?.array
        return checks?.first { $0["id"]?.string == id }
    }

    @Test("a signature by one of its keys, for the repository that the release is read from")
    func keys() async throws {
        try await ServedShop.with { served in
            try await Self.keys("ci", "security", "stranger", for: served)
            let home = served.shop.directory
            let options = ["--tag-ttl", "1", "--key", "\(home)/ci.pub", "--key", "\(home)/security.pub"]
            try await ServiceProcess.with(served, options: options) { service in
                @Sendable func refused(_ words: String) async throws {
                    for reply in [
                        try await service.tester.post("/verify", served.verification()),
                        try await service.tester.post(
                            "/verify", served.verification(render: "staging", commit: served.policy())),
                        try await service.promote(served.promotion(to: "staging")),
                    ] {
                        #expect(reply.status == 422, "\(reply.text)")
                        let check = Self.check(reply, "signature")
                        #expect(check?["status"]?.string == "fail", "\(reply.text)")
                        #expect(check?.text.contains(words) == true, "\(reply.text)")
                    }
                }
                try await refused("holds no signature of this capsule")
                try await Self.sign("stranger", served)
                try await refused("none of the accepted keys")
                try await Self.sign("security", served, for: "registry.example.com/other/release")
                try await refused("was made for")
                try await Self.sign("security", served)
                // The manifest of signatures has a tag, too, which is resolved again when its time is over.
                #expect(
                    try await eventually {
                        try await service.tester.post("/verify", served.verification()).status == 200
                    })
                for _ in 0..<2 {
                    let reply = try await service.tester.post("/verify", served.verification())
                    #expect(reply.status == 200, "\(reply.text)")
                    #expect(Self.check(reply, "signature")?["status"]?.string == "pass")
                    #expect(reply.json["reason"]?.string == "verified: 16 checks passed")
                }
                let promoted = try await service.promote(served.promotion(to: "staging"))
                #expect(promoted.status == 200, "\(promoted.text)")
            }
            #expect(try await served.shop.gitops("rev-list", "--count", "stage/staging") == "1")
        }
    }

    @Test("of nobody, when a key cannot be read: then it does not start")
    func wrongKey() async throws {
        try await Shop.with { shop in
            try writeFile("\(shop.directory)/wrong.pub", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
            for (file, status, words) in [("gone.pub", 64, "cannot be read"), ("wrong.pub", 1, "holds no key")] {
                let outcome = try await shop.run(
                    "serve", "--anonymous-verify", "--allow-repository", "ghcr.io", "--key", file)
                #expect(Int(outcome.status) == status && outcome.errors.contains(words), "\(outcome.errors)")
            }
        }
    }

    @Test("nothing with --attest-key, and attaches one statement about each promotion to the capsule")
    func statements() async throws {
        try await ServedShop.with { served in
            try await Self.keys("promoter", for: served)
            let home = served.shop.directory
            try await ServiceProcess.with(served, options: ["--attest-key", "\(home)/promoter.pem"]) { service in
                for key in ["first", "second"] {
                    let promoted = try await service.promote(served.promotion(to: "staging", key: key))
                    #expect(promoted.status == 200, "\(promoted.text)")
                    let time = promoted.json["receipt"]?["committed"]?.string
                    #expect(time?.hasPrefix("20") == true, "\(promoted.text)")
                }
            }
            let repository = served.registry.repository("shop/release")
            let status = try await served.shop.run(
                "status", "--registry", "\(repository)", "--key", "promoter.pub", "--output", "json")
            try expectSuccess(status)
            let json = try JSONParser.parse(Array(status.output.utf8), file: "status")
            let held = json["stages"]?.array?.first?["held"]
            #expect(held?["commit"]?.string == (try await served.shop.gitops("rev-parse", "stage/staging")))
            #expect(held?["capsule"]?.string == served.capsule)
            let inspected = try await served.shop.run("inspect", "\(repository):\(served.shop.tag)")
            #expect(
                inspected.output.split(separator: "\n").count { $0.contains("promoted") } == 1, "\(inspected.output)")
        }
    }

    @Test("is told to ask again when its statement cannot be written, and finds the stage as it is when it does")
    func unwritable() async throws {
        try await ServedShop.with { served in
            try await Self.keys("promoter", for: served)
            let options = ["--attest-key", "\(served.shop.directory)/promoter.pem"]
            let commit = try await served.policy()
            // Where the registry takes uploads there is a file: it can be read from, and not written to.
            let uploads = "\(served.registry.directory(of: "shop/release"))/_uploads"
            try await Tool.output(["sh", "-c", "rm -rf $0 && touch $0", uploads])
            try await ServiceProcess.with(served, options: options) { service in
                let order = served.promotion(to: "staging", commit: commit, key: "one")
                let missing = try await service.promote(order)
                #expect(missing.status == 503 && missing.json["state"]?.string == "failed", "\(missing.text)")
                let reason = try #require(missing.json["reason"]?.string)
                #expect(
                    reason.hasPrefix("the stage holds the release, and the statement about it could not be written"))
                let head = try await served.shop.gitops("rev-parse", "stage/staging")
                let statement = served.statement(about: "staging", commit: commit)
                let refused = try await service.tester.post("/v1/statements", statement)
                #expect(refused.status == 503 && refused.headers["retry-after"] == "5", "\(refused.text)")
                #expect(refused.json["statement"]?["outcome"]?.string == "missing", "\(refused.text)")
                try await Tool.output(["rm", uploads])
                let written = try await service.promote(order)
                #expect(written.status == 200, "\(written.text)")
                #expect(written.json["receipt"]?["outcome"]?.string == "unchanged", "\(written.text)")
                let present = try await service.tester.post("/v1/statements", statement)
                #expect(present.json["statement"]?["outcome"]?.string == "present", "\(present.text)")
                #expect(try await served.shop.gitops("rev-parse", "stage/staging") == head)
            }
        }
    }
}
