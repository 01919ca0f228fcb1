import Archive
import CapsuleTestSupport
import OCI
import Processes
import Testing

@Suite("Ctrl-C", .timeLimit(.minutes(1)), .needs("git"))
struct InterruptionTests {
    @Test("stops a render with its renderer, and leaves nothing", arguments: [("INT", 130), ("TERM", 143)])
    func duringRender(signal: String, status: Int32) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await shop.linkPrograms(["git"], into: "bin")
            try await shop.writeProgram(
                "bin/kustomize",
                """
                if [ "$1" = version ]; then echo v5.5.0; exit; fi
                echo $$ >\(shop.directory)/renderer.pid
                exec /bin/sleep 300
                """)
            try writeFile("\(shop.directory)/tmp/.keep", "")
            let outcome = try await Tool.run(
                [
                    "sh", "-c",
                    """
                    pid_file=$1 signal=$2; shift 2
                    "$@" & pid=$!
                    while [ ! -s "$pid_file" ]; do /bin/sleep 0.02; done
                    kill -s "$signal" $pid
                    wait $pid
                    """, "sh", "\(shop.directory)/renderer.pid", signal, CapsuleProgram.path, "render",
                    "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git", "--deployment",
                    "staging", "--to", "out",
                ], in: shop.directory,
                environment: [
                    "PATH": "\(shop.directory)/bin", "TMPDIR": "\(shop.directory)/tmp",
                    "XDG_CACHE_HOME": "\(shop.directory)/cache",
                ])
            #expect(outcome.status == status, "\(outcome.errorOutput)")
            #expect(outcome.errorOutput.contains("capsule: interrupted"))
            let pid = String(decoding: try readFile("\(shop.directory)/renderer.pid"), as: UTF8.self)
            let alive = try await Tool.run(["sh", "-c", "kill -0 \(pid)"])
            #expect(alive.status != 0, "the renderer still runs")
            #expect(listTree("\(shop.directory)/tmp") == [".keep"])
            #expect(!listTree(shop.directory).contains { $0 == "out" || $0.contains(".partial") })
        }
    }

    @Test("a second time ends a run at once that the first could not stop")
    func twice() async throws {
        try await Shop.with { shop in
            try await Tool.output(["mkfifo", "sbom"], in: shop.directory)
            // The run reads a pipe that nobody writes to. Opening the other end waits until it does.
            let outcome = try await Tool.run(
                [
                    "sh", "-c",
                    """
                    "$@" & pid=$!
                    exec 3>sbom
                    kill -s INT $pid; /bin/sleep 0.3
                    kill -0 $pid || exit 9
                    kill -s INT $pid
                    wait $pid
                    """, "sh", CapsuleProgram.path, "build", "--source", "app", "--config", "policy/capsule.yaml",
                    "--image", "oci:image:\(shop.tag)", "--to", "oci:release", "--sbom", "sbom",
                ], in: shop.directory)
            #expect(outcome.status == 130, "\(outcome.errorOutput)")
            #expect(!listTree(shop.directory).contains("release"))
        }
    }

    @Test("stops a copy that waits for a registry")
    func duringCopy() async throws {
        try await Shop.with { shop in
            let silence: @Sendable (ReceivedRequest) async throws -> ScriptedResponse = { _ in
                try await Task.sleep(for: .seconds(30))
                return ScriptedResponse(404)
            }
            try await withScriptedServer(answer: silence) { server in
                let outcome = try await Tool.run(
                    [
                        "timeout", "--preserve-status", "-s", "INT", "1", CapsuleProgram.path, "copy",
                        "\(server.authority)/shop/release:v1", "oci-archive:out.tar",
                    ], in: shop.directory)
                #expect(outcome.status == 130, "\(outcome.errorOutput)")
                #expect(!listTree(shop.directory).contains { $0.contains("out.tar") })
            }
        }
    }
}
