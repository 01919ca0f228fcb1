import CapsuleTestSupport
import Documents
import Support
import Testing

@Suite(
    "capsule serve with few open files", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "prlimit"))
struct ServeResourceTests {
    @Test("answers probes during a flood of connections and of work, refuses what it cannot do, and works after it")
    func files() async throws {
        try await ServedShop.with { served in
            for limit in [64, 128, 256] {
                try await ServiceProcess.with(
                    ["--allow-repository", served.registry.address, "--allow-remote", served.gitops],
                    in: "\(served.shop.directory)/service-\(limit)", under: ["prlimit", "--nofile=\(limit)"],
                    environment: ["HOME": served.shop.directory]
                ) { service in
                    try await flood(service, connections: 2 * limit)
                    try await flood(service, with: served)
                    let commit = try await served.policy()
                    let after = try await service.tester.post(
                        "/verify", served.verification(render: "staging", commit: commit))
                    #expect(after.status == 200, "\(limit): \(after.text) \(service.log)")
                    let promoted = try await service.promote(
                        served.promotion(to: "staging", commit: commit, key: "\(limit)"))
                    #expect(promoted.status == 200, "\(limit): \(promoted.text) \(service.log)")
                }
            }
        }
    }

    /// Asks until a connection is accepted: when all of them are new, one more is refused.
    private func probe(_ service: ServiceProcess) async throws {
        #expect(try await eventually { (try? await service.tester.get("/healthz"))?.status == 200 }, "\(service.log)")
    }

    /// Keeps more connections open than the service may have files.
    private func flood(_ service: ServiceProcess, connections: Int) async throws {
        let open = try await awaitBlocking {
            try (0..<connections).map { _ in
                let connection = try RawConnection(port: service.tester.port)
                connection.send("POST /verify HTTP/1.1\r\n")
                return connection
            }
        }
        for _ in 0..<3 {
            try await probe(service)
            let answer = try? await service.tester.post("/verify", .null)
            #expect(answer == nil || [400, 503].contains(answer?.status), "\(answer?.text ?? "")")
        }
        withExtendedLifetime(open) {}
    }

    /// Sends more requests at once than the service can carry out.
    private func flood(_ service: ServiceProcess, with served: ServedShop) async throws {
        let commit = try await served.policy()
        let statuses = try await concurrently(Array(0..<24), width: 24) { number in
            let render = number.isMultiple(of: 2) ? "staging" : nil
            let body = served.verification(render: render, commit: commit)
            guard let answer = try? await service.tester.post("/verify", body) else { return 0 }
            try await probe(service)
            return answer.status
        }
        // 0 is a connection that was refused.
        #expect(statuses.allSatisfy { [0, 200, 429, 503].contains($0) }, "\(statuses)")
    }
}
