import CapsuleTestSupport
import Documents
import Support
import Testing

@Suite("capsule serve in a pod", .timeLimit(.minutes(3)), .needs("git", "kubectl", "docker-registry"))
struct ServePodTests {
    /// Makes a program a subreaper, which gets orphans as process 1 does: the number is PR_SET_CHILD_SUBREAPER.
    private static let subreaper = [
        "python3", "-c",
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])",
    ]

    @Test("reaps what failed programs leave behind", .needs("python3"))
    func orphans() async throws {
        try await withTemporaryDirectory { directory in
            // As a failed git leaves its remote helper.
            try await writeProgram(
                "\(directory)/bin/git",
                "#!/bin/sh\n/bin/sleep 0.2 >/dev/null 2>&1 &\necho left >>\(directory)/calls\nexit 128\n")
            try await ServiceProcess.with(
                ["--allow-repository", "registry.example.com/shop", "--allow-remote", "\(directory)/gitops.git"],
                in: "\(directory)/service", under: Self.subreaper,
                environment: ["HOME": directory, "PATH": "\(directory)/bin:/usr/bin:/bin"]
            ) { service in
                let digest = "sha256:" + String(repeating: "0", count: 64)
                func subject(_ name: String) -> JSONValue {
                    [
                        "repoURL": .string("registry.example.com/shop/\(name)"),
                        "tag": .string("git-" + String(repeating: "0", count: 40)), "digest": .string(digest),
                    ]
                }
                let promotion: JSONValue = [
                    "freight": ["image": subject("web"), "capsule": subject("release")], "stage": "staging",
                    "gitops": ["repository": .string("\(directory)/gitops.git")],
                ]
                for _ in 0..<3 {
                    #expect(try await service.tester.post("/v1/promotions", promotion).status == 503)
                }
                let calls = try readFile("\(directory)/calls").count { $0 == 0x0A }
                #expect(calls >= 4, "\(calls)")
                let isEmpty = try await eventually {
                    try readFile("/proc/\(service.pid)/task/\(service.pid)/children").isEmpty
                }
                #expect(isEmpty)
                let ready = try await service.tester.get("/readyz")
                #expect(
                    ready.status == 503 && ready.text.contains("git --version ended with status 128"), "\(ready.text)")
                #expect(try await service.tester.get("/healthz").status == 200)
            }
        }
    }
}
