import CapsuleTestSupport
import FoundationEssentials
import Testing

@Suite("The frame of the command line", .timeLimit(.minutes(1)))
struct FrameTests {
    @Test("prints its version alone")
    func version() async throws {
        let outcome = try await CapsuleProgram.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "0.1.0\n")
        #expect(outcome.errors.isEmpty)
    }

    @Test("answers usage errors with 64, the message on stderr and nothing on stdout")
    func usage() async throws {
        let outcome = try await CapsuleProgram.run(["--no-such-option"])
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("Unknown option '--no-such-option'"))
    }

    @Test("answers usage errors in JSON mode with an error object as well")
    func usageAsJSON() async throws {
        let outcome = try await CapsuleProgram.run(["--no-such-option", "--output", "json"])
        #expect(outcome.status == 64)
        let error = try JSONDecoder().decode(ErrorDocument.self, from: Data(outcome.output.utf8))
        #expect(error.error.code == "usage")
        #expect(error.schemaVersion == "release-capsule/v1alpha1")
    }

    @Test("writes a completion script for each shell", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let outcome = try await CapsuleProgram.run(["--generate-completion-script", shell])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("capsule"))
    }
}

/// What JSON mode prints for an error.
struct ErrorDocument: Decodable {
    struct Body: Decodable {
        struct Finding: Decodable {
            var rule: String
            var message: String
        }
        var code: String
        var message: String
        var findings: [Finding]
    }
    var schemaVersion: String
    var error: Body
}
