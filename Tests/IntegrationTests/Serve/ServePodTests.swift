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

    @Test("reaps what failed programs leave behind, and survives SIGHUP", .needs("python3"))
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
                try await service.signal("HUP")
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

    @Test("never takes a crash for a verdict, and does the work when it is asked again")
    func crashes() async throws {
        try await ServedShop.with { served in
            let shop = served.shop
            for name in ["git", "kubectl"] {
                let program = try await Tool.output(["sh", "-c", "command -v \(name)"])
                let fault = "\(shop.directory)/\(name).fault"
                try await shop.writeProgram(
                    "bin/\(name)", "if [ -e \(fault) ]; then . \(fault); fi\nexec \(program) \"$@\"")
            }
            let environment = ["PATH": "\(shop.directory)/bin:/usr/bin:/bin"]
            func rendering(_ fault: String) -> String { "case $1 in kustomize) \(fault);; esac" }
            let faults = [
                ("kubectl", "kill -KILL $$"), ("kubectl", "case $1 in version) kill -KILL $$;; esac"),
                // From here on, the version is known.
                ("kubectl", rendering("kill -KILL $$")), ("kubectl", rendering("kill -SEGV $$")),
                ("kubectl", rendering("exit 127")),
                ("kubectl", rendering("echo 'runtime: out of memory: cannot allocate 4194304-byte block' >&2; exit 2")),
                ("kubectl", rendering("echo 'fatal error: newosproc' >&2; exit 2")),
                ("git", "kill -KILL $$"), ("git", "case $* in *rev-parse*) kill -KILL $$;; esac"),
                ("git", "case $* in *cat-file*) kill -KILL $$;; esac"),
            ]
            try await ServiceProcess.with(served, environment: environment) { service in
                let commit = try await served.policy()
                for (number, (program, script)) in faults.enumerated() {
                    try writeFile("\(shop.directory)/\(program).fault", "\(script)\n")
                    let order = served.promotion(to: "staging", commit: commit, key: "key.\(number)")
                    let promoted = try await service.promote(order)
                    #expect(promoted.status == 503, "\(program): \(script): \(promoted.text)")
                    let rendered = try await service.tester.post(
                        "/verify", served.verification(render: "staging", commit: commit))
                    #expect(rendered.status == 503, "\(program): \(script): \(rendered.text)")
                    try await Tool.output(["rm", "\(shop.directory)/\(program).fault"])
                }
                for number in faults.indices {
                    let order = served.promotion(to: "staging", commit: commit, key: "key.\(number)")
                    let promoted = try await service.promote(order)
                    #expect(promoted.status == 200, "\(faults[number]): \(promoted.text)")
                }
            }
        }
    }

    @Test("makes directories again that somebody removed, and names those that it cannot use")
    func directories() async throws {
        try await ServedShop.with { served in
            let state = "\(served.shop.directory)/state"
            let cache = "\(served.shop.directory)/service/cache"
            let temporary = "\(served.shop.directory)/tmp"
            try await Tool.output(["mkdir", temporary])
            try await ServiceProcess.with(served, options: ["--state", state], environment: ["TMPDIR": temporary]) {
                service in
                for directory in [state, cache, temporary] {
                    try await Tool.output(["rm", "-rf", directory])
                    let key = "removed.\(directory.split(separator: "/").last ?? "")"
                    let promoted = try await service.promote(served.promotion(to: "staging", key: key))
                    #expect(promoted.status == 200, "\(directory): \(promoted.text)")
                    let verified = try await service.tester.post(
                        "/verify", served.verification(render: "staging", commit: served.policy()))
                    #expect(verified.status == 200, "\(directory): \(verified.text)")
                }
                for directory in [state, temporary] {
                    try await Tool.output(["sh", "-c", "rm -rf $1 && touch $1", "sh", directory])
                    let key = "replaced.\(directory.split(separator: "/").last ?? "")"
                    let order = served.promotion(to: "staging", key: key)
                    let refused = try await service.promote(order)
                    #expect(refused.status == 503 && refused.text.contains(directory), "\(directory): \(refused.text)")
                    try await Tool.output(["rm", directory])
                    #expect(try await service.promote(order).status == 200, "\(directory)")
                }
            }
        }
    }
}
