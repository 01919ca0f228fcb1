import CapsuleTestSupport
import Documents
import Processes
import Testing

private func canMount() async -> Bool {
    let result = try? await Tool.run(["unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/tmp"])
    return result?.succeeded == true
}

@Suite(
    "capsule serve on a volume that fails", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "unshare", "nsenter"),
    .enabled("no file system can be mounted in a namespace here") { await canMount() })
struct ServeDiskTests {
    /// A fault of a volume.
    private enum Fault: CaseIterable, Sendable {
        case full
        case readOnly

        /// The reason of the system.
        var reason: String { self == .full ? "No space left on device" : "Read-only file system" }

        /// The script that causes it. A file of the service that exists for a moment may end and leave room, so that the disk is
        /// filled twice.
        func cause(_ volume: String) -> String {
            self == .full
                ? "for n in 1 2; do head -c 10000000 /dev/zero >>\(volume)/fill; sleep 0.1; done; true"
                : "mount -o remount,ro \(volume)"
        }

        /// The script that ends it.
        func repair(_ volume: String) -> String {
            self == .full ? "rm \(volume)/fill" : "mount -o remount,rw \(volume)"
        }
    }

    /// Runs a command where the service sees its volume.
    @discardableResult
    private static func inside(_ service: ServiceProcess, _ script: String) async throws -> String {
        try await Tool.output(["nsenter", "--target", service.pid, "--mount", "sh", "-c", script])
    }

    @Test(
        "answers without its cache, begins nothing that it cannot record, and records at the next start what it could not"
    )
    func faults() async throws {
        let stages = ["one", "two", "three"]
        try await ServedShop.with(stages: stages) { served in
            let directory = served.shop.directory
            let state = "\(directory)/state"
            try await Tool.output(["mkdir", state])
            let cache = "\(directory)/service/cache"
            try await Tool.output(["mkdir", "-p", cache])
            let volumes = [
                "unshare", "--mount", "sh", "-c",
                "mount -t tmpfs -o size=64k none $1 && mount -t tmpfs -o size=8m none $2 && shift 2 && exec \"$@\"",
                "sh", state, cache,
            ]
            try await served.shop.writeProgram(
                "gitops.git/hooks/pre-receive",
                """
                if [ -e \(directory)/pause ]; then
                  echo here >\(directory)/mark
                  while [ -e \(directory)/pause ]; do /bin/sleep 0.05; done
                fi
                """)
            let commit = try await served.policy()
            @Sendable func order(_ stage: String) -> JSONValue { served.promotion(to: stage, commit: commit) }
            let options = [
                "--allow-repository", served.registry.address, "--allow-remote", served.gitops, "--state", state,
            ]
            let ids = try await ServiceProcess.with(
                options, in: "\(directory)/service", under: volumes, environment: ["HOME": directory]
            ) { service in
                var ids: [String] = []
                for (fault, stage) in zip(Fault.allCases, stages) {
                    // Without the cache, everything is read again.
                    try await Self.inside(service, fault.cause(cache))
                    for render in [nil, stage] {
                        let verified = try await service.tester.post(
                            "/verify", served.verification(render: render, commit: commit))
                        #expect(verified.status == 200, "\(fault): \(verified.text)")
                    }
                    try await Self.inside(service, fault.repair(cache))

                    // Nothing is begun that cannot be recorded, and nothing is left of the attempt.
                    try await Self.inside(service, fault.cause(state))
                    // The look at the volume has a file of its own there, for a moment.
                    let names = "ls -A \(state) | grep -v capsule-ready || true"
                    let before = try await Self.inside(service, names)
                    let refused = try await service.tester.post("/v1/promotions", order(stage))
                    #expect(refused.status == 503, "\(refused.text)")
                    #expect(refused.text.contains(fault.reason) && refused.text.contains(state), "\(refused.text)")
                    #expect(try await Self.inside(service, names) == before)
                    try await Self.inside(service, fault.repair(state))

                    // A fault during the promotion does not lose the result.
                    try writeFile("\(directory)/pause", "")
                    let accepted = try await service.tester.post("/v1/promotions", order(stage))
                    #expect(accepted.status == 202, "\(accepted.text)")
                    let id = try #require(accepted.json["id"]?.string)
                    ids.append(id)
                    #expect(try await eventually { (try? readFile("\(directory)/mark")) != nil })
                    try await Self.inside(service, fault.cause(state))
                    try await Tool.output(["rm", "\(directory)/pause", "\(directory)/mark"])
                    let ended = try await service.wait(for: id)
                    #expect(
                        ended.status == 200 && ended.json["receipt"]?["outcome"]?.string == "promoted", "\(ended.text)")
                    #expect(service.log.contains("the result of a promotion cannot be written to disk"))
                    let record = try await Self.inside(service, "cat \(state)/\(id).json")
                    #expect(record.contains("\"order\"") && !record.contains("\"ending\""), "\(record)")
                    if fault == .readOnly {
                        let seen = try await eventually {
                            let ready = try await service.tester.get("/readyz")
                            return ready.status == 503 && ready.text.contains("promotions cannot be written to")
                        }
                        #expect(seen && service.log.contains("not ready"))
                    }
                    try await Self.inside(service, fault.repair(state))
                }
                #expect(try await service.promote(order(stages[2])).status == 200)
                // The volume outlives the service.
                try await Self.inside(service, "cp -r \(state) \(directory)/kept")
                return ids
            }
            try await ServiceProcess.with(served, options: ["--state", "\(directory)/kept"]) { service in
                for id in ids {
                    let ended = try await service.wait(for: id)
                    #expect(ended.json["receipt"]?["outcome"]?.string == "unchanged", "\(ended.text)")
                }
            }
            for stage in stages {
                #expect(try await served.shop.gitops("rev-list", "--count", "stage/\(stage)") == "1")
            }
        }
    }
}
