import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import Support
import Testing

@Suite(
    "capsule serve promotes", .timeLimit(.minutes(4)),
    .needs("git", "kubectl", "docker-registry"))
struct ServePromoteTests {
    /// The tree of a branch, and the message of its commit.
    private func content(_ served: ServedShop, _ branch: String) async throws -> [String] {
        try await [
            served.shop.gitops("rev-parse", "\(branch)^{tree}"), served.shop.gitops("log", "-1", "--format=%B", branch),
        ]
    }

    @Test("to the bytes of capsule promote, review branches included, and twice to the same")
    func sameBytes() async throws {
        try await ServedShop.with { served in
            try await Tool.output(["cp", "-r", "gitops.git", "before.git"], in: served.shop.directory)
            let ladder = [
                ("staging", "stage/staging"), ("canary", "stage/canary"),
                ("production", "capsule/production/\(served.shop.tag)"),
            ]
            var expected: [[String]] = []
            for (stage, branch) in ladder {
                let outcome = try await served.shop.run("promote", served.shop.tag, "--stage", stage)
                try expectSuccess(outcome)
                expected.append(try await content(served, branch))
            }
            try await Tool.output(
                ["sh", "-c", "rm -rf gitops.git && mv before.git gitops.git"], in: served.shop.directory)
            let all = expected
            try await ServiceProcess.with(served) { service in
                for ((stage, branch), bytes) in zip(ladder, all) {
                    let reply = try await service.promote(served.promotion(to: stage))
                    #expect(reply.status == 200, "\(reply.text)")
                    let outcome = stage == "production" ? "review" : "promoted"
                    #expect(reply.json["receipt"]?["outcome"]?.string == outcome)
                    #expect(try await content(served, branch) == bytes)
                    let again = try await service.promote(served.promotion(to: stage))
                    #expect(again.status == 200)
                    let expected = stage == "production" ? "review" : "unchanged"
                    #expect(again.json["receipt"]?["outcome"]?.string == expected, "\(again.text)")
                    #expect(again.json["id"] == reply.json["id"])
                }
            }
        }
    }

    @Test("nothing that a gate or a check rejects")
    func rejected() async throws {
        try await ServedShop.with { served in
            try await ServiceProcess.with(served) { service in
                let shut = try await service.promote(served.promotion(to: "canary", key: "attempt-1"))
                #expect(shut.status == 422, "\(shut.text)")
                #expect(shut.json["state"]?.string == "rejected")
                #expect(shut.json["reason"]?.string?.contains("after staging") == true)
                #expect(shut.json["report"]?["gates"]?.array?.isEmpty == false)
                let text = served.promotion(to: "staging").text
                    .replacing(served.image, with: "sha256:\(String(repeating: "0", count: 64))")
                let order = try JSONParser.parse(Array(text.utf8), file: "order")
                let wrong = try await service.promote(order)
                #expect(wrong.status == 422, "\(wrong.text)")
                #expect(wrong.json["report"]?["checks"]?.array?.first?["id"]?.string == "image.digest")
                // The same attempt hears the same; a new one finds the gate open.
                #expect(try await service.promote(served.promotion(to: "staging")).status == 200)
                #expect(try await service.promote(served.promotion(to: "canary", key: "attempt-1")).status == 422)
                #expect(try await service.promote(served.promotion(to: "canary", key: "attempt-2")).status == 200)
            }
        }
    }

    @Test("for whom the token is, and for nobody else; who may not causes no request")
    func roles() async throws {
        try await ServedShop.with { served in
            let tokens = """
                tokens:
                  - {name: staging, file: token, roles: ["promote:staging"]}
                  - {name: reader, sha256: \(Digest.sha256(of: "reader-token-of-some-length".utf8).hex), roles: [verify]}

                """
            try await ServiceProcess.with(served, tokens: tokens) { service in
                var reader = service.tester
                reader.token = "reader-token-of-some-length"
                var nobody = service.tester
                nobody.token = nil
                let cases: [(HTTPTester, String, JSONValue, Int)] = [
                    (service.tester, "/v1/promotions", served.promotion(to: "production"), 403),
                    (service.tester, "/verify", served.verification(), 403),
                    (reader, "/v1/promotions", served.promotion(to: "staging"), 403),
                    (nobody, "/v1/promotions", served.promotion(to: "staging"), 401),
                    (nobody, "/verify", served.verification(), 401),
                    (nobody, "/v1/promotions/\(String(repeating: "0", count: 64))", .null, 401),
                ]
                for (tester, path, document, status) in cases {
                    let reply =
                        document == .null ? try await tester.get(path) : try await tester.post(path, document)
                    #expect(reply.status == status, "\(path) \(reply.text)")
                }
                let calls = try await service.tester.get("/metrics").text.split(separator: "\n").filter {
                    $0.hasPrefix("capsule_registry_calls_total{")
                }
                #expect(!calls.isEmpty && calls.allSatisfy { $0.hasSuffix(" 0") }, "\(calls)")
                #expect(try await reader.post("/verify", served.verification()).status == 200)
                #expect(try await service.promote(served.promotion(to: "staging")).status == 200)
                let unknown = try await reader.get("/v1/promotions/\(String(repeating: "0", count: 64))")
                #expect(unknown.status == 404)
            }
        }
    }

    @Test("one release at a time to a stage: another one is 409 until it has ended")
    func conflict() async throws {
        try await ServedShop.with { served in
            let mark = "\(served.shop.directory)/mark"
            try await served.shop.writeProgram(
                "gitops.git/hooks/pre-receive",
                "echo here >\(mark); while [ ! -e \(mark).go ]; do /bin/sleep 0.05; done")
            let next = try await served.shop.release(day: 8)
            let other = try await ServedShop.published(next, served.registry)
            try await ServiceProcess.with(served) { service in
                let first = try await service.tester.post("/v1/promotions", served.promotion(to: "staging"))
                #expect(first.status == 202, "\(first.text)")
                #expect(try await eventually { (try? readFile(mark)) != nil })
                let second = try await service.tester.post("/v1/promotions", other.promotion(to: "staging"))
                #expect(second.status == 409, "\(second.text)")
                #expect(second.json["reason"]?.string?.contains(served.shop.tag) == true)
                try writeFile("\(mark).go", "")
                let id = try #require(first.json["id"]?.string)
                #expect(try await service.wait(for: id).status == 200)
                #expect(try await service.promote(other.promotion(to: "staging")).status == 200)
            }
            #expect(try await served.shop.gitops("rev-list", "--count", "stage/staging") == "2")
        }
    }

    @Test("to the same end when it is killed in the middle and started again", arguments: ["render", "push"])
    func killed(at step: String) async throws {
        try await ServedShop.with { served in
            let shop = served.shop
            let mark = "\(shop.directory)/mark"
            let pause = "if [ ! -e \(mark) ]; then echo here >\(mark); /bin/sleep 3; fi"
            var environment: [String: String] = [:]
            if step == "render" {
                try await shop.linkPrograms(["git"], into: "bin")
                let kubectl = try await Tool.output(["sh", "-c", "command -v kubectl"])
                try await shop.writeProgram(
                    "bin/kubectl", "case \"$*\" in *kustomize*) \(pause);; esac\nexec \(kubectl) \"$@\"")
                environment["PATH"] = "\(shop.directory)/bin:/usr/bin:/bin"
            } else {
                try await shop.writeProgram("gitops.git/hooks/pre-receive", pause)
            }
            let id = try await ServiceProcess.with(served, environment: environment) { service in
                let reply = try await service.tester.post("/v1/promotions", served.promotion(to: "staging"))
                #expect(reply.status == 202, "\(reply.text)")
                #expect(try await eventually { (try? readFile(mark)) != nil })
                try await service.signal("KILL")
                #expect(try await service.status() == "137")
                return reply.json["id"]?.string ?? ""
            }
            try await ServiceProcess.with(served, environment: environment) { service in
                let reply = try await service.wait(for: id)
                #expect(reply.status == 200, "\(reply.text) \(service.log)")
                let again = try await service.promote(served.promotion(to: "staging"))
                #expect(again.json["receipt"]?["outcome"]?.string == "unchanged", "\(again.text)")
            }
            #expect(try await shop.gitops("rev-list", "--count", "stage/staging") == "1")
        }
    }

    @Test("to many stages at once from two replicas, each stage once")
    func many() async throws {
        let stages = (0..<10).map { "s\($0)" }
        try await ServedShop.with(stages: stages) { served in
            let commit = try await served.policy()
            try await ServiceProcess.with(served, name: "one") { one in
                try await ServiceProcess.with(served, name: "two") { two in
                    let replies = try await concurrently(stages.flatMap { [($0, one), ($0, two)] }, width: 20) {
                        stage, service in
                        try await service.promote(served.promotion(to: stage, commit: commit))
                    }
                    for reply in replies { #expect(reply.status == 200, "\(reply.text)") }
                }
            }
            for stage in stages {
                #expect(try await served.shop.gitops("rev-list", "--count", "stage/\(stage)") == "1")
            }
        }
    }
}
