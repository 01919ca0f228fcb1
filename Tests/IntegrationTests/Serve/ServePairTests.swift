import CapsuleTestSupport
import Documents
import Testing

@Suite("capsule serve takes package pairs", .timeLimit(.minutes(2)), .needs("git", "kubectl", "docker-registry"))
struct ServePairTests {
    @Test("and verifies one with the witness at a policy commit, never from a cache")
    func verify() async throws {
        try await ServedShop.with(form: "pair") { served in
            let commit = try await served.policy()
            try await ServiceProcess.with(served) { service in
                let request = served.verification(witness: commit)
                let bare = try await service.tester.post("/verify", served.verification())
                #expect(
                    bare.status == 422 && bare.text.contains("`gitops`, with `repository` and `commit`"), "\(bare.text)"
                )
                let both = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: commit, witness: commit))
                #expect(both.status == 400, "\(both.text)")
                for _ in 1...2 {
                    let reply = try await service.tester.post("/verify", request)
                    #expect(reply.status == 200, "\(reply.text)")
                    #expect(reply.json["form"] == "pair")
                    #expect(
                        reply.json["witness"]?["path"]?.string == "apps/shop/releases/\(served.shop.tag).yaml"
                            && reply.json["witness"]?["commit"]?.string == commit, "\(reply.text)")
                    let report = try await served.shop.run("verify", served.shop.tag, "--output", "json")
                    let checks = try JSONParser.parse(Array(report.output.utf8), file: "report")["checks"]?.array ?? []
                    #expect(reply.json["checks"]?.array?.map { $0["id"] } == checks.map { $0["id"] })
                }
                // The named commit is as it was, and the head has another witness.
                let clone = "\(served.shop.directory)/clone"
                try await Tool.output(["git", "clone", "-q", served.gitops, clone])
                try writeFile("\(clone)/apps/shop/releases/\(served.shop.tag).yaml", "changed: true\n")
                _ = try await Shop.commit("Change", in: clone, day: 8)
                try await Tool.output(["git", "push", "-q", "origin", "main"], in: clone)
                let changed = try await service.tester.post("/verify", request)
                #expect(changed.status == 422 && changed.text.contains("witness.once"), "\(changed.text)")
                let other = try await service.tester.post(
                    "/verify", served.verification(witness: String(repeating: "1", count: 40)))
                #expect(other.status == 422, "\(other.text)")
            }
        }
    }

    @Test("and promotes one, with its witness in the record")
    func promote() async throws {
        try await ServedShop.with(form: "pair") { served in
            try await ServiceProcess.with(served) { service in
                let commit = try await served.policy()
                let prepared = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: commit))
                #expect(prepared.status == 200, "\(prepared.text)")
                let record = try #require(prepared.json["render"]?["record"]?.string)
                let order = served.promotion(to: "staging", commit: commit)
                let reply = try await service.promote(order)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.json["receipt"]?["release"]?["form"] == "pair", "\(reply.text)")
                let held = try await served.shop.gitops(
                    "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
                #expect(held + "\n" == record)
                #expect(held.contains("form: pair"))
            }
        }
    }
}
