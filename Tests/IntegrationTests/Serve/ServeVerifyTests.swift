import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import Support
import Testing

@Suite(
    "capsule serve verifies", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry"))
struct ServeVerifyTests {
    @Test("with the very checks and evidence of capsule verify")
    func sameChecks() async throws {
        try await ServedShop.with { served in
            try await ServiceProcess.with(served) { service in
                let reply = try await service.tester.post("/verify", served.verification())
                #expect(reply.status == 200, "\(reply.text)")
                let (web, release) = (
                    served.registry.repository("shop/web"), served.registry.repository("shop/release")
                )
                let outcome = try await served.shop.run(
                    "verify", "\(release):\(served.shop.tag)@\(served.capsule)", "--image",
                    "\(web):\(served.shop.tag)@\(served.image)", "--output", "json")
                let report = try JSONParser.parse(Array(outcome.output.utf8), file: "report")
                #expect(reply.json["checks"] == report["checks"])
            }
        }
    }

    @Test("and gives for a stage what capsule promote then writes, byte by byte")
    func sameDocuments() async throws {
        try await ServedShop.with { served in
            let commit = try await served.policy()
            try await ServiceProcess.with(served) { service in
                let reply = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: commit))
                #expect(reply.status == 200, "\(reply.text)")
                let render = try #require(reply.json["render"])
                #expect(render["change"]?.string == "commit")
                #expect(render["branch"]?.string == "stage/staging")
                #expect(
                    render["images"]?.array?.compactMap { $0["image"]?.string } == [
                        "shop", served.registry.repository("shop/web"),
                    ])
                #expect(try await served.shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
                let promoted = try await served.shop.run("promote", served.shop.tag, "--stage", "staging")
                try expectSuccess(promoted)
                let base = "stage/staging:apps/shop/deployments/staging"
                #expect(
                    render["record"]?.string == (try await served.shop.gitops("show", "\(base)/release-metadata.yaml"))
                        + "\n")
                #expect(
                    render["hydrator"]?.string
                        == (try await served.shop.gitops("show", "stage/staging:hydrator.metadata")) + "\n")
                #expect(
                    render["message"]?.string
                        == (try await served.shop.gitops("log", "-1", "--format=%B", "stage/staging")) + "\n")
                let again = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: commit))
                #expect(again.json["render"]?["change"]?.string == "none")
                // The next rung is open now, the one after it is not.
                let canary = try await service.tester.post(
                    "/verify", served.verification(render: "canary", commit: commit))
                #expect(canary.status == 200, "\(canary.text)")
                let production = try await service.tester.post(
                    "/verify", served.verification(render: "production", commit: commit))
                #expect(production.status == 422)
                #expect(production.json["reason"]?.string?.contains("after canary") == true, "\(production.text)")
                #expect(production.json["render"]?["change"]?.string == "refused")
                #expect(production.json["render"]?["reviewBranch"]?.string == "capsule/production/\(served.shop.tag)")
            }
        }
    }

    @Test("with a policy, a stage or a commit that is not there is 422 with a reason")
    func noSuchPolicy() async throws {
        try await ServedShop.with { served in
            let commit = try await served.policy()
            try await ServiceProcess.with(served) { service in
                for (stage, commit, words) in [
                    ("nowhere", commit, "there is no stage"),
                    ("staging", String(repeating: "a", count: 40), "has no commit"),
                ] {
                    let reply = try await service.tester.post(
                        "/verify", served.verification(render: stage, commit: commit))
                    #expect(reply.status == 422, "\(reply.text)")
                    #expect(reply.json["reason"]?.string?.contains(words) == true, "\(reply.text)")
                }
            }
        }
    }

    @Test("one pull for ten stages, and none after a restart")
    func onePull() async throws {
        try await ServedShop.with { served in
            let commit = try await served.policy()
            @Sendable func pulls(_ service: ServiceProcess) async throws -> Substring? {
                try await service.tester.get("/metrics").text.split(separator: "\n").first {
                    $0.hasPrefix("capsule_registry_calls_total{operation=\"content\",outcome=\"ok\"}")
                }
            }
            for expected in ["3", "0"] {
                try await ServiceProcess.with(served) { service in
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for index in 0..<10 {
                            group.addTask {
                                try await service.tester.post(
                                    "/verify",
                                    served.verification(render: index % 2 == 0 ? "staging" : nil, commit: commit)
                                ).status
                            }
                        }
                        for try await status in group { #expect(status == 200) }
                    }
                    #expect(try await pulls(service)?.split(separator: " ").last.map(String.init) == expected)
                }
            }
        }
    }

    @Test("nothing that its registry does not say: 503 when there is none")
    func noRegistry() async throws {
        try await ServedShop.with { served in
            try await ServiceProcess.with(served, options: ["--allow-repository", "127.0.0.1:1"]) { service in
                let text = served.verification().text.replacing(served.registry.address, with: "127.0.0.1:1")
                let reply = try await service.tester.send("POST", "/verify", body: text)
                #expect(reply.status == 503, "\(reply.text)")
            }
        }
    }
}
