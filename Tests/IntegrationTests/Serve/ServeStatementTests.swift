import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import FoundationEssentials
import OCI
import Testing

/// `POST /v1/statements`: what others pushed is attested when it is what the stage holds, and let in by rules that hold.
@Suite(
    "capsule serve attests what others pushed", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "openssl"))
struct ServeStatementTests {
    private static let tokens = """
        tokens:
          - {name: test, file: token, roles: [verify, attest, promote]}
          - {name: reader, sha256: \(sha256("a-token-that-may-verify-only")), roles: [verify]}
          - {name: canary, sha256: \(sha256("a-token-for-canary-alone")), roles: ["attest:canary"]}

        """

    private static func sha256(_ text: String) -> String { Digest.sha256(of: Array(text.utf8)).hex }

    /// A shop and a service with a key, encrypted as the generated verifier has it.
    private func withService(_ body: @escaping @Sendable (ServedShop, ServiceProcess) async throws -> Void) async throws
    {
        try await ServedShop.with { served in
            let home = served.shop.directory
            try writeFile("\(home)/cosign.password", "correct horse\n")
            let made = try await served.shop.run(
                "keys", "generate", "--to", "cosign", "--password-file", "cosign.password")
            try expectSuccess(made)
            let key = ["--attest-key", "\(home)/cosign.key", "--password-file", "\(home)/cosign.password"]
            try await ServiceProcess.with(served, options: key, tokens: Self.tokens) { try await body(served, $0) }
        }
    }

    private func promote(_ served: ServedShop, to stages: String...) async throws {
        let outcome = try await served.shop.run(
            ["promote", served.shop.tag, "--gitops", served.gitops] + stages.flatMap { ["--stage", $0] })
        try expectSuccess(outcome)
    }

    /// Changes the last commit of a stage branch, and what it holds.
    private func amend(
        _ branch: String, of served: ServedShop, date: String? = nil, _ script: String = "true"
    ) async throws {
        let home = served.shop.directory
        try await Tool.output(["rm", "-rf", "amended"], in: home)
        try await Tool.output(["git", "clone", "-q", "-b", branch, "gitops.git", "amended"], in: home)
        try await Tool.output(["sh", "-c", script], in: "\(home)/amended")
        try await Tool.output(
            ["git", "commit", "-q", "-a", "--amend", "--no-edit"], in: "\(home)/amended",
            environment: date.map { ["GIT_COMMITTER_DATE": $0] } ?? [:])
        try await Tool.output(["git", "push", "-qf"], in: "\(home)/amended")
    }

    private func expect(
        _ reply: HTTPReply, _ status: Int, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(reply.status == status, "\(reply.text)", sourceLocation: sourceLocation)
        #expect(
            reply.json["reason"]?.string?.contains(words) == true, "\(reply.text)", sourceLocation: sourceLocation)
        #expect(reply.json["statement"] == nil, "\(reply.text)", sourceLocation: sourceLocation)
    }

    @Test("once, and only while it is there")
    func holds() async throws {
        try await withService { served, service in
            let shop = served.shop
            let commit = try await served.policy()
            let order = served.statement(about: "staging", commit: commit)
            let early = try await service.tester.post("/v1/statements", order)
            expect(early, 409, "stage/staging does not hold this release as policy \(commit.prefix(12)) renders it")
            #expect(early.headers["retry-after"] == "5")
            #expect(try await shop.gitops("for-each-ref", "refs/heads/stage") == "", "something was pushed")
            try await promote(served, to: "staging")
            let head = try await shop.gitops("rev-parse", "stage/staging")
            for outcome in ["added", "present"] {
                let done = try await service.tester.post("/v1/statements", order)
                #expect(done.status == 200, "\(done.text)")
                #expect(done.json["statement"]?["outcome"]?.string == outcome, "\(done.text)")
                #expect(done.json["commit"]?.string == head, "\(done.text)")
            }
            let repository = served.registry.repository("shop/release")
            let status = try await shop.run("status", "--registry", repository, "--key", "cosign.pub")
            #expect(status.output.hasPrefix("staging  \(shop.tag)  since"), "\(status.output)\(status.errors)")
            // A gate that is closed, a release that it does not hold, and one that is none.
            let shut = try await service.tester.post(
                "/v1/statements", served.statement(about: "production", commit: commit))
            expect(shut, 422, "canary")
            let next = try await ServedShop.published(try await shop.release(day: 8), served.registry)
            let other = try await service.tester.post(
                "/v1/statements", next.statement(about: "staging", commit: commit))
            expect(other, 409, "stage/staging does not hold this release")
            let wrong = try JSONParser.parse(
                Array(order.text.replacing(served.image, with: served.capsule).utf8), file: "order")
            let unverified = try await service.tester.post("/v1/statements", wrong)
            expect(unverified, 422, "as requested")
            #expect(unverified.json["checks"]?.array?.isEmpty == false, "\(unverified.text)")
            // Somebody records a rollback that did not take place, and edits what is deployed.
            let record = "apps/shop/deployments/staging/release-metadata.yaml"
            try await amend("stage/staging", of: served, "printf 'rollback:\n  from: git-%040d\n' 1 >> \(record)")
            let forged = try await service.tester.post("/v1/statements", order)
            expect(forged, 409, "stage/staging does not hold this release")
            try await amend(
                "stage/staging", of: served,
                "sed -i '/^rollback:/,$d' \(record); echo '# by hand' | tee -a apps/shop/deployments/staging/deploy/*.yaml"
            )
            let edited = try await service.tester.post("/v1/statements", order)
            expect(edited, 409, "stage/staging does not hold this release")
            // Each rejection is in the log with its reason.
            #expect(service.log.contains("\"reason\":\"stage/staging does not hold"), "\(service.log)")
        }
    }

    @Test("for nobody who may not attest that stage, and before Kargo pushes when it could not afterwards")
    func roles() async throws {
        try await withService { served, service in
            let commit = try await served.policy()
            let order = served.statement(about: "staging", commit: commit)
            for (token, status, words) in [
                ("a-token-that-may-verify-only", 403, "does not have the role attest"),
                ("a-token-for-canary-alone", 403, "does not have the role attest:staging"),
                ("a-token-of-nobody-at-all", 401, ""),
            ] {
                var tester = service.tester
                tester.token = token
                expect(try await tester.post("/v1/statements", order), status, words)
            }
            var canary = service.tester
            canary.token = "a-token-for-canary-alone"
            let mine = try await canary.post("/v1/statements", served.statement(about: "canary", commit: commit))
            expect(mine, 422, "staging")
        }
    }

    @Test("by rules that held when it came, and that hold today")
    func rules() async throws {
        try await withService { served, service in
            let shop = served.shop
            let before = try await served.policy()
            try await promote(served, to: "staging")
            try await promote(served, to: "canary")
            let order = served.statement(about: "canary", commit: before)
            // From a time before staging had it, and from one in the future.
            try await amend("stage/canary", of: served, date: "2099-01-01T00:00:00Z")
            expect(try await service.tester.post("/v1/statements", order), 422, "which is in the future")
            try await amend(
                "stage/canary", of: served, date: "2026-01-09T00:00:00Z", "sed -i s/2026-01/2026-02/ hydrator.metadata")
            expect(
                try await service.tester.post("/v1/statements", order), 422,
                "hydrator.metadata on stage/canary is not what a promotion writes")
            // Today the stage requires more than it did when that commit's policy was the newest.
            try await amend("stage/canary", of: served, "sed -i s/2026-02/2026-01/ hydrator.metadata")
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            func ask(_ more: String) async throws -> String {
                try await shop.changePolicy(
                    ["capsule.yaml": text.replacing("after: [staging]\n", with: "after: [staging]\n    \(more)\n")],
                    day: 8)
                return try await served.policy()
            }
            let stricter = try await ask("requires: [\"approvals/{tag}.yaml\"]")
            let late = try await service.tester.post("/v1/statements", order)
            expect(late, 422, "by policy \(stricter.prefix(12)): ")
            #expect(late.text.contains("approvals/\(shop.tag).yaml"), "\(late.text)")
            // It came when staging had not had it for long enough; that it has by now does not count.
            let soaking = try await ask("soak: 30m")
            let anHourAgo = Date(timeIntervalSinceNow: -3_600).formatted(.iso8601)
            try await amend("stage/staging", of: served, date: anHourAgo)
            try await promote(served, to: "canary")
            let staging = try await shop.gitops("log", "-1", "--format=%cI", "stage/staging")
            let now = served.statement(about: "canary", commit: soaking)
            #expect(try await service.tester.post("/v1/statements", now).status == 200)
            try await amend("stage/canary", of: served, date: staging)
            expect(
                try await service.tester.post("/v1/statements", now), 422,
                ": soak staging: staging has held it for 0s of 30m")
            // A commit that is on no branch of the policy's.
            let unknown = served.statement(about: "canary", commit: String(repeating: "0", count: 40))
            #expect(try await service.tester.post("/v1/statements", unknown).status == 422)
        }
    }

    @Test("though another version of the renderer gave the same files")
    func renderer() async throws {
        try await withService { served, service in
            let commit = try await served.policy()
            try await promote(served, to: "staging")
            try await amend(
                "stage/staging", of: served,
                "sed -i '/renderer:/,/digest:/ s/version: .*/version: v5.0.1/' apps/shop/deployments/staging/release-metadata.yaml && git diff --quiet && exit 1; true"
            )
            let order = served.statement(about: "staging", commit: commit)
            let done = try await service.tester.post("/v1/statements", order)
            #expect(done.status == 200 && done.json["statement"]?["outcome"]?.string == "added", "\(done.text)")
        }
    }
}
