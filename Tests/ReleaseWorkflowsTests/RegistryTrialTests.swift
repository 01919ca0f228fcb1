import CapsuleTestSupport
import Logging
import OCI
import OCIRegistry
import Synchronization
import Testing

@testable import ReleaseWorkflows

@Suite("What doctor writes to a registry", .timeLimit(.minutes(1)))
struct RegistryTrialTests {
    @Test("is removed when the run is interrupted", arguments: [true, false])
    func interrupted(hasReferrers: Bool) async throws {
        var options = FakeRegistryOptions()
        options.hasReferrers = hasReferrers
        try await withFakeRegistry(options) { registry in
            // The run waits for the answer to its first signature, until it is cancelled.
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            var silent = ScriptedResponse(201, headers: [("Content-Length", "100")], text: "{")
            silent.hangs = true
            registry.fail([
                Fault(
                    "PUT", ".sig",
                    .decide { [silent] _ in
                        arrival.yield()
                        return silent
                    })
            ])
            try await withRegistryClient(RegistryConfiguration(logger: Logger.silent)) { client in
                let repository = try registry.repository()
                let trial = RegistryTrial(repository: repository, store: client.repository(repository))
                let run = Task { try await trial.run() }
                for await _ in arrivals { break }
                run.cancel()
                await #expect(throws: (any Error).self) { try await run.value }
            }
            let pushed = registry.requests("PUT", "/manifests/capsule-doctor-").map { Digest.sha256(of: $0.body) }
            let removed = registry.requests("DELETE", "/manifests/").map(\.target)
            #expect(!pushed.isEmpty)
            for digest in pushed {
                #expect(removed.contains { $0.hasSuffix("\(digest)") }, "\(digest) is not among \(removed)")
            }
        }
    }
}
