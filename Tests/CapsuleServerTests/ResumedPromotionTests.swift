import CapsuleServer
import CapsuleTestSupport
import Documents
import GitOps
import Support
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("Promotions from before a restart", .timeLimit(.minutes(1)))
struct ResumedPromotionTests {
    private static let remote = "https://git.example.com/gitops.git"

    private static func order(_ release: TestRelease) -> JSONValue {
        .members([
            "freight": release.request(), "stage": "staging",
            "gitops": ["repository": .string(remote), "commit": .string(String(repeating: "c", count: 40))],
        ])
    }

    @Test("are tried again with growing pauses, until they end or another one replaces them; the end leaves them")
    func outage() async throws {
        let (release, next) = (try await TestRelease(), try await TestRelease(number: 2))
        let order = Self.order(next)
        let request = try PromotionRequestBody(Array(Self.order(release).text.utf8))
        let id = try #require(request.id)
        let machine = CutOffMachine()
        let stop = Signal()
        try await withTestService(
            [release, next], tokens: true, runner: machine,
            configure: {
                $0.settings.allowList = try AllowList(
                    repositories: ["registry.example.com/shop"], remotes: [GitRemote(Self.remote)])
                let job = PromotionJob(id: id, request: request, acceptedAt: 1_767_323_000)
                try writeFile(
                    "\($0.cacheDirectory)/promotions/\(id).json",
                    String(decoding: JSONText.bytes(job), as: UTF8.self))
            }, stop: stop
        ) { service in
            func tries() -> Int { service.log.all.count { $0.contains("promotion is tried again") } }
            for (number, pause) in [1, 2, 4].enumerated() {
                try await eventually("try \(number + 1)") { tries() == number + 1 }
                #expect(service.log.all.contains { $0.contains("\"seconds\":\"\(pause)\"") }, "\(service.log.all)")
                // The look at what work requires sleeps as well.
                try await eventually("the pause") { service.clock.sleepers > 1 }
                let reply = try await service.tester.get("/v1/promotions/\(id)")
                #expect(reply.status == 202, "\(reply.text)")
                service.clock.advance(by: .seconds(pause))
            }
            try await eventually("the last pause") { tries() == 4 && service.clock.sleepers > 1 }
            // Another promotion to the same stage does not wait for the outage of this one.
            let other = try await service.tester.post("/v1/promotions", order)
            #expect(other.status == 202, "\(other.text)")
            let replaced = try await service.tester.get("/v1/promotions/\(id)")
            #expect(replaced.status == 503 && replaced.text.contains("which replaces it"), "\(replaced.text)")
            let otherID = try #require(other.json["id"]?.string)
            // Its client repeats it, so that it ends.
            try await eventually("the end of the other promotion") {
                try await service.tester.get("/v1/promotions/\(otherID)").status == 503
            }
            service.clock.advance(by: .seconds(8))
            try await eventually("the next look") { service.clock.sleepers == 1 }
            #expect(tries() == 4)
        }
    }

    @Test("that wait for a try are left for the next start without a delay of the end")
    func stopped() async throws {
        let release = try await TestRelease()
        let request = try PromotionRequestBody(Array(Self.order(release).text.utf8))
        let id = try #require(request.id)
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/\(id).json"
            let job = PromotionJob(id: id, request: request)
            try writeFile(path, String(decoding: JSONText.bytes(job), as: UTF8.self))
            let before = try readFile(path)
            // The clock does not move: an end that waits for the grace period would not come.
            try await withTestService(
                [release], runner: CutOffMachine(),
                configure: {
                    $0.settings.allowList = try AllowList(
                        repositories: ["registry.example.com/shop"], remotes: [GitRemote(Self.remote)])
                    $0.stateDirectory = directory
                }
            ) { service in
                try await eventually("a try") { service.log.all.contains { $0.contains("promotion is tried again") } }
            }
            #expect(try readFile(path) == before)
        }
    }
}
