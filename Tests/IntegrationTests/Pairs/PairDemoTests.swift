import CapsuleTestSupport
import FoundationEssentials
import Processes
import Testing

/// The demonstration, with pairs.
@Suite("scripts/demo with FORM=pair", .timeLimit(.minutes(3)))
struct PairDemoTests {
    @Test("takes the example up the ladder, and finds what was altered", .needs("git", "kubectl", "bash"))
    func demo() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        try await withTemporaryDirectory { directory in
            let path = try await Tool.output(["sh", "-c", "echo $PATH"])
            let result = try await Tool.run(
                ["bash", "\(root)/scripts/demo"], in: directory,
                environment: [
                    "PATH": path, "CAPSULE": CapsuleProgram.path, "FORM": "pair", "TMPDIR": directory,
                    "HOME": directory,
                ])
            #expect(result.status == 0, "\(result.text)\(result.errorOutput)")
            let expected = [
                "✓ witness.once", "✓ promoted: stage/canary", "(rejected, exit 65)", "(found, exit 65)",
            ]
            for line in expected { #expect(result.text.contains(line), "\(line)\n\(result.text)") }
        }
    }
}
