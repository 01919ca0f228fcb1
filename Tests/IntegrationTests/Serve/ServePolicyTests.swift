import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import Signing
import Testing

@Suite(
    "capsule serve and policies", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry"))
struct ServePolicyTests {
    private static let policy = """
        schemaVersion: release-capsule-policy/v1alpha1
        keys: {ci: {file: ci.pub}}
        signatures: {keys: [ci]}

        """

    /// Makes a key, and a policy that requires its signature.
    private func prepare(_ served: ServedShop, configure: Bool = true) async throws {
        let shop = served.shop
        try writeKeyPair("ci", in: shop.directory)
        let key = try await shop.run("keys", "public", "--key", "ci.pem")
        let files = ["ci.pub": key.output, "policy.yaml": Self.policy]
        for (name, text) in files { try writeFile("\(shop.directory)/pinned/\(name)", text) }
        guard configure else { return }
        let text = String(decoding: try readFile("\(shop.directory)/capsule.yaml"), as: UTF8.self)
        try await shop.changePolicy(
            [
                "capsule.yaml": text.replacing("stages:", with: "policy: policy.yaml\nstages:"),
                "apps/shop/ci.pub": key.output, "apps/shop/policy.yaml": Self.policy,
            ], day: 8)
    }

    private func sign(_ served: ServedShop) async throws {
        let release = "\(served.registry.repository("shop/release")):\(served.shop.tag)"
        let signed = try await served.shop.run("sign", release, "--key", "ci.pem")
        try expectSuccess(signed)
    }

    @Test("an unsigned release is prepared and promoted by nobody, and a signed one is")
    func policy() async throws {
        try await ServedShop.with { served in
            try await prepare(served)
            let commit = try await served.policy()
            try await ServiceProcess.with(served) { service in
                let verify = served.verification(render: "staging", commit: commit)
                let refused = try await service.tester.post("/verify", verify)
                #expect(refused.status == 422, "\(refused.text)")
                #expect(
                    refused.json["reason"]?.string?.contains(
                        "staging does not accept this release: evidence signature: ")
                        == true, "\(refused.text)")
                #expect(refused.json["render"]?["change"]?.string == "refused")
                #expect(refused.json["render"]?["record"] == nil, "\(refused.text)")
                let promoted = try await service.promote(served.promotion(to: "staging", commit: commit))
                #expect(promoted.status == 422, "\(promoted.text)")
                #expect(promoted.json["reason"]?.string?.contains("evidence signature: ") == true, "\(promoted.text)")
                #expect(
                    promoted.json["report"]?["gates"]?.array?.last?["gate"]?.string == "evidence", "\(promoted.text)")
                #expect(try await served.shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
                // Without a stage, nobody's policy is asked.
                #expect(try await service.tester.post("/verify", served.verification()).status == 200)
                try await sign(served)
                let goes = try await service.tester.post("/verify", verify)
                #expect(goes.status == 200, "\(goes.text)")
                let done = try await service.promote(served.promotion(to: "staging", commit: commit, key: "again"))
                #expect(done.status == 200, "\(done.text)")
            }
        }
    }

    @Test("a policy on a branch that anybody may push does not hold")
    func otherBranch() async throws {
        try await ServedShop.with { served in
            try await prepare(served)
            let shop = served.shop
            let held = try await served.policy()
            // The same repository, without the policy, on a branch of its own, and one that says that it is the policy's branch.
            let text = String(decoding: try readFile("\(shop.directory)/capsule.yaml"), as: UTF8.self)
            try await Tool.output(["git", "checkout", "-q", "-b", "other"], in: "\(shop.directory)/policy")
            try writeFile(
                "\(shop.directory)/policy/capsule.yaml", text.replacing("gitops:\n", with: "gitops:\n  branch: other\n")
            )
            let commit = try await Shop.commit("Require nothing", in: "\(shop.directory)/policy", day: 8)
            try await Tool.output(["git", "push", "-q", "../gitops.git", "other"], in: "\(shop.directory)/policy")
            try await Tool.output(["git", "checkout", "-q", "main"], in: "\(shop.directory)/policy")
            try await shop.changePolicy(["README.md": "A later commit of the policy's branch.\n"], day: 9)
            try await ServiceProcess.with(served) { service in
                let refused = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: commit))
                #expect(refused.status == 422, "\(refused.text)")
                #expect(
                    refused.json["reason"]?.string?.contains("is not on the policy branch") == true, "\(refused.text)")
                let promoted = try await service.promote(served.promotion(to: "staging", commit: commit))
                #expect(promoted.status == 422, "\(promoted.text)")
                #expect(try await shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
                // A commit that the branch has left behind is still on it.
                try await sign(served)
                let earlier = try await service.tester.post(
                    "/verify", served.verification(render: "staging", commit: held))
                #expect(earlier.status == 200, "\(earlier.text)")
            }
        }
    }

    @Test("a commit from before the policy requires all that the policy requires today")
    func earlier() async throws {
        try await ServedShop.with { served in
            let before = try await served.policy()
            try await prepare(served)
            try await ServiceProcess.with(served) { service in
                let verify = served.verification(render: "staging", commit: before)
                let refused = try await service.tester.post("/verify", verify)
                #expect(refused.status == 422, "\(refused.text)")
                #expect(refused.json["reason"]?.string?.contains("signature") == true, "\(refused.text)")
                let promoted = try await service.promote(served.promotion(to: "staging", commit: before))
                #expect(promoted.status == 422, "\(promoted.text)")
                #expect(try await served.shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
                try await sign(served)
                let goes = try await service.tester.post("/verify", verify)
                #expect(goes.status == 200, "\(goes.text)")
                let done = try await service.promote(served.promotion(to: "staging", commit: before, key: "again"))
                #expect(done.status == 200, "\(done.text)")
            }
        }
    }

    @Test(
        "a commit from before a rule of capsule.yaml does not avoid the rule",
        arguments: [
            ("canary", "after: [staging]\n", "after: [staging]\n    soak: 30m\n", "soak staging"),
            ("canary", "after: [staging]\n", "after: [staging]\n    requires: [ok.yaml]\n", "requires ok.yaml"),
            (
                "canary", "after: [staging]\n", "after: [staging]\n    review: pull-request\n",
                "requires a review on canary"
            ),
            ("staging", "auto: true\n", "auto: true\n    review: pull-request\n", "requires a review on staging"),
            ("staging", "  - name: staging\n    auto: true\n", "", "has no stage staging"),
            ("staging", "gitops:\n", "gitops:\n  stageBranch: live/{deployment}\n", "names the branch live/staging"),
        ])
    func earlierRules(stage: String, old: String, new: String, words: String) async throws {
        try await ServedShop.with { served in
            let before = try await served.policy()
            let text = String(decoding: try readFile("\(served.shop.directory)/capsule.yaml"), as: UTF8.self)
            if stage != "staging" {
                let options = ["promote", served.shop.tag, "--gitops", served.gitops, "--stage", "staging"]
                try expectSuccess(try await served.shop.run(options))
            }
            let changed = text.replacing(old, with: new)
            try #require(changed != text, "\(text)")
            let valid = new.isEmpty ? changed.replacing("after: [staging]", with: "auto: true") : changed
            try await served.shop.changePolicy(["capsule.yaml": valid], day: 8)
            let branches = try await served.shop.gitops("for-each-ref")
            try await ServiceProcess.with(served) { service in
                for reply in [
                    try await service.tester.post("/verify", served.verification(render: stage, commit: before)),
                    try await service.promote(served.promotion(to: stage, commit: before)),
                ] {
                    #expect(reply.status == 422, "\(reply.text)")
                    #expect(reply.json["reason"]?.string?.contains(words) == true, "\(reply.text)")
                }
                #expect(try await served.shop.gitops("for-each-ref") == branches, "something was pushed")
            }
            // The same holds for the command line.
            let promoted = try await served.shop.run(
                "promote", served.shop.tag, "--gitops", served.gitops, "--stage", stage, "--revision", before)
            #expect(promoted.status == 65, "\(promoted.output)\(promoted.errors)")
            #expect((promoted.output + promoted.errors).contains(words), "\(promoted.output)\(promoted.errors)")
        }
    }

    @Test(
        "a commit from before the proofs' limits does not avoid them",
        arguments: [
            ("allowNamespaces: [kube-system]", "allowNamespaces has kube-system"),
            ("allowClusterScoped: true", "allowClusterScoped is true"),
            ("clusterScoped: [example.com/Fleet]", "clusterScoped has example.com/Fleet"),
            ("namespaced: [example.com/Boat]", "namespaced has example.com/Boat"),
        ])
    func earlierLimits(limit: String, words: String) async throws {
        try await ServedShop.with { served in
            let text = String(decoding: try readFile("\(served.shop.directory)/capsule.yaml"), as: UTF8.self)
            try await served.shop.changePolicy(
                ["capsule.yaml": text.replacing("auto: true\n", with: "auto: true\n    \(limit)\n")], day: 8)
            let wide = try await served.policy()
            try await served.shop.changePolicy(["capsule.yaml": text], day: 9)
            try await ServiceProcess.with(served) { service in
                for reply in [
                    try await service.tester.post("/verify", served.verification(render: "staging", commit: wide)),
                    try await service.promote(served.promotion(to: "staging", commit: wide)),
                ] {
                    #expect(reply.status == 422, "\(reply.text)")
                    #expect(reply.json["reason"]?.string?.contains(words) == true, "\(reply.text)")
                }
                #expect(try await served.shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
                // A limit that became wider since then avoids nothing.
                try await served.shop.changePolicy(
                    ["capsule.yaml": text.replacing("auto: true\n", with: "auto: true\n    \(limit)\n")], day: 9)
                let narrow = try await served.shop.gitops("rev-parse", "main^")
                let done = try await service.promote(served.promotion(to: "staging", commit: narrow))
                #expect(done.status == 200, "\(done.text)")
            }
        }
    }

    @Test("the operator's own policy holds where the repository names none")
    func pinned() async throws {
        try await ServedShop.with { served in
            try await prepare(served, configure: false)
            let commit = try await served.policy()
            let options = ["--policy", "\(served.shop.directory)/pinned/policy.yaml"]
            try await ServiceProcess.with(served, options: options) { service in
                let verify = served.verification(render: "staging", commit: commit)
                let refused = try await service.tester.post("/verify", verify)
                #expect(refused.status == 422, "\(refused.text)")
                #expect(
                    refused.json["reason"]?.string?.contains("pinned/policy.yaml") == true
                        || refused.text.contains("evidence signature"))
                try await sign(served)
                #expect(try await service.tester.post("/verify", verify).status == 200)
            }
        }
    }
}
