import CapsuleTestSupport
import Documents
import Testing

@Suite("capsule serve after a restart", .timeLimit(.minutes(3)), .needs("git", "kubectl", "docker-registry"))
struct ServeRestartTests {
    /// A shop whose Git pauses a push, or fails, as files say.
    private static func withFaults(_ body: @Sendable (ServedShop) async throws -> Void) async throws {
        try await ServedShop.with { served in
            let shop = served.shop
            try await shop.linkPrograms(["kubectl"], into: "bin")
            let git = try await Tool.output(["sh", "-c", "command -v git"])
            try await shop.writeProgram(
                "bin/git", "if [ -e \(shop.directory)/outage ]; then kill -KILL $$; fi\nexec \(git) \"$@\"")
            try await shop.writeProgram(
                "gitops.git/hooks/pre-receive",
                "if [ -e \(shop.directory)/pause ]; then echo here >\(shop.directory)/mark; exec /bin/sleep 60; fi")
            try await body(served)
        }
    }

    /// Begins a promotion and kills the service in its push.
    private static func begin(_ served: ServedShop, rollback: Bool) async throws -> String {
        let directory = served.shop.directory
        try writeFile("\(directory)/pause", "")
        let environment = ["PATH": "\(directory)/bin:/usr/bin:/bin"]
        return try await ServiceProcess.with(served, environment: environment) { service in
            let reply = try await service.tester.post(
                "/v1/promotions", served.promotion(to: "staging", rollback: rollback))
            #expect(reply.status == 202, "\(reply.text)")
            #expect(try await eventually { (try? readFile("\(directory)/mark")) != nil })
            try await service.signal("KILL")
            #expect(try await service.status() == "137")
            try await Tool.output(["rm", "\(directory)/pause"])
            return reply.json["id"]?.string ?? ""
        }
    }

    @Test("completes what it had accepted when its first try meets an outage")
    func outage() async throws {
        try await Self.withFaults { served in
            let id = try await Self.begin(served, rollback: false)
            let directory = served.shop.directory
            try writeFile("\(directory)/outage", "")
            try await ServiceProcess.with(served, environment: ["PATH": "\(directory)/bin:/usr/bin:/bin"]) { service in
                #expect(try await eventually { service.log.contains("promotion is tried again") })
                #expect(try await service.tester.get("/v1/promotions/\(id)").status == 202)
                try await Tool.output(["rm", "\(directory)/outage"])
                let reply = try await service.wait(for: id)
                #expect(reply.status == 200 && reply.json["receipt"]?["outcome"]?.string == "promoted", "\(reply.text)")
            }
        }
    }

    @Test("does not replace a release that the stage received since, even when it may go back")
    func newer() async throws {
        try await Self.withFaults { served in
            let id = try await Self.begin(served, rollback: true)
            let next = try await served.shop.release(day: 8)
            _ = try await ServedShop.published(next, served.registry)
            // The times of commits have seconds.
            try await Tool.output(["sleep", "1"])
            try expectSuccess(try await served.shop.run("promote", next.tag, "--stage", "staging"))
            let head = try await served.shop.gitops("rev-parse", "stage/staging")
            try await ServiceProcess.with(served) { service in
                let reply = try await service.wait(for: id)
                #expect(reply.status == 422 && reply.text.contains("received \(next.tag)"), "\(reply.text)")
                // A request that is made now may go back.
                let again = try await service.promote(served.promotion(to: "staging", rollback: true, key: "again"))
                #expect(again.status == 200, "\(again.text)")
            }
            #expect(try await served.shop.gitops("rev-parse", "stage/staging^") == head)
        }
    }
}
