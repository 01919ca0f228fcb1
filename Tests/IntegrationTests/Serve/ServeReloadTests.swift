import CapsuleTestSupport
import Documents
import FoundationEssentials
import Processes
import Signing
import Support
import Testing

@Suite("capsule serve reads again", .timeLimit(.minutes(2)), .needs("git"))
struct ServeReloadTests {
    private static func configuration(_ team: String) -> String {
        """
        schemaVersion: release-capsule/v1alpha1
        image: 127.0.0.1:1/\(team)/web
        capsule: 127.0.0.1:1/\(team)/release
        package: {source: k8s, imageName: shop}
        gitops: {repository: "http://git.corp.example:8080/gitops.git"}
        stages: [{name: staging}]

        """
    }

    /// Swaps the directory of the files, as kubelet does with a ConfigMap.
    private static func publish(_ directory: String, _ generation: Int, _ files: [String: String]) async throws {
        for (name, text) in files { try writeFile("\(directory)/..\(generation)/\(name)", text) }
        let swap = "ln -sfn ..\(generation) ..data_tmp && mv -T ..data_tmp ..data"
        try await Tool.output(["sh", "-c", swap], in: directory)
    }

    private static func verification(_ team: String) -> JSONValue {
        func subject(_ name: String) -> JSONValue {
            [
                "repoURL": .string("127.0.0.1:1/\(team)/\(name)"),
                "tag": .string("git-" + String(repeating: "0", count: 40)),
                "digest": .string("sha256:" + String(repeating: "0", count: 64)),
            ]
        }
        return ["image": subject("web"), "capsule": subject("release")]
    }

    @Test("the allow-list, keys and policy when they change and on SIGHUP, and keeps the last good ones")
    func settings() async throws {
        try await withTemporaryDirectory { directory in
            let mount = "\(directory)/mount"
            let key = SigningKey().verificationKey.pem
            let policy =
                "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {ci: {file: ci.pub}}\nsignatures: {keys: [ci]}\n"
            @Sendable func publish(_ generation: Int, _ configuration: String, key: String) async throws {
                try await Self.publish(
                    mount, generation, ["capsule.yaml": configuration, "ci.pub": key, "policy.yaml": policy])
            }
            try await publish(1, Self.configuration("shop"), key: key)
            for name in ["capsule.yaml", "ci.pub", "policy.yaml"] {
                try await Tool.output(["ln", "-s", "..data/\(name)", name], in: mount)
            }
            let options = [
                "--config", "\(mount)/capsule.yaml", "--policy", "\(mount)/policy.yaml", "--plain-http",
                "git.corp.example:8080",
            ]
            try await ServiceProcess.with(
                options, in: "\(directory)/service",
                environment: ["HOME": directory, "PATH": "/usr/local/bin:/usr/bin:/bin"]
            ) { service in
                func status(_ team: String) async throws -> Int {
                    try await service.tester.post("/verify", Self.verification(team)).status
                }
                #expect(try await status("other") == 403)

                try await publish(2, Self.configuration("other"), key: key)
                try await service.signal("HUP")
                #expect(try await eventually { service.log.contains("\"because\":\"SIGHUP\"") }, "\(service.log)")
                #expect(try await status("shop") == 403)

                for (generation, configuration, key, words) in [
                    (3, "stages: 7\n", key, "\(mount)/capsule.yaml"),
                    (4, Self.configuration("shop"), "", "\(mount)/policy.yaml"),
                ] {
                    try await publish(generation, configuration, key: key)
                    try await service.signal("HUP")
                    let isWarned = try await eventually {
                        try await service.tester.get("/readyz").json["warning"]?.string?.contains(words) == true
                    }
                    #expect(isWarned, "\(words): \(service.log)")
                    #expect(try await status("shop") == 403)
                }
                #expect(service.log.contains("the settings cannot be read again; the last ones stay in force"))

                try await publish(5, Self.configuration("shop"), key: key)
                try await service.signal("HUP")
                #expect(try await eventually { try await status("other") == 403 }, "\(service.log)")
                #expect(try await service.tester.get("/readyz").json["warning"] == nil)
            }
        }
    }

    @Test("an address with plain HTTP in capsule.yaml is accepted where --plain-http names the host, and nowhere else")
    func plainHTTP() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/capsule.yaml", Self.configuration("shop"))
            let environment = ["HOME": directory, "PATH": "/usr/local/bin:/usr/bin:/bin"]
            for (host, isAccepted) in [
                ("git.corp.example", true), ("git.corp.example:8080", true), ("git.corp.example:80", false),
            ] {
                let explained = try await Tool.run(
                    [
                        CapsuleProgram.path, "kargo", "explain", "--config", "\(directory)/capsule.yaml",
                        "--plain-http",
                        host,
                    ], in: directory, environment: environment)
                #expect(explained.succeeded == isAccepted, "\(explained.errorOutput)")
                #expect(explained.errorOutput.contains("name the host with --plain-http") == !isAccepted)
            }
        }
    }
}
