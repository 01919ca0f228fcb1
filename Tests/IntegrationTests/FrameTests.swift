import CapsuleTestSupport
import FoundationEssentials
import Processes
import Support
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
        #expect(
            outcome.errors == """
                capsule: unknown option "--no-such-option"
                Usage: capsule <subcommand>
                  See 'capsule --help' for more information.

                """)
    }

    @Test("answers usage errors in JSON mode with an error object as well")
    func usageAsJSON() async throws {
        let outcome = try await CapsuleProgram.run(["--no-such-option", "--output", "json"])
        #expect(outcome.status == 64)
        let error = try JSONDecoder().decode(ErrorDocument.self, from: Data(outcome.output.utf8))
        #expect(error.error.code == "usage")
        #expect(error.error.message == "unknown option \"--no-such-option\"")
        #expect(error.schemaVersion == "release-capsule/v1alpha1")
    }

    @Test(
        "names what was meant",
        arguments: [
            (["verfy"], "capsule has no subcommand \"verfy\"; did you mean verify?"),
            (["help", "verfy"], "capsule has no subcommand \"verfy\"; did you mean verify?"),
            (["generate"], "did you mean `capsule keys generate` or `capsule kargo generate`?"),
            (["verify", "--polcy", "x"], "unknown option \"--polcy\"; did you mean --policy?"),
            (["--output", "json", "verify"], "--output goes after the subcommand, as in `capsule verify --output`"),
            (["promote"], "missing <release> and --stage <name>"),
            (["verify", "oci:x:v1", "b"], "\"b\" is one argument too many: capsule verify takes <release> alone"),
            (["list", "--output", "markdown"], "this command does not support markdown; use --output text or json"),
        ])
    func meant(arguments: [String], message: String) async throws {
        let outcome = try await CapsuleProgram.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("capsule: ") && outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test("counts an argument that is not UTF-8, and does not repair it")
    func notUTF8() async throws {
        let outcome = try await Tool.run(
            ["bash", "-c", #""$0" verify $'caf\xe9' --output json"#, CapsuleProgram.path])
        #expect(outcome.status == 64)
        #expect(outcome.errorOutput == "capsule: argument 2 is not UTF-8: \"caf\\xe9\"\n")
        let error = try JSONDecoder().decode(ErrorDocument.self, from: Data(outcome.output))
        #expect(error.error.code == "usage")
    }

    @Test(
        "works with standard streams that are closed, and tells when a result is lost",
        arguments: [(">&-", 1), ("2>&-", 0), ("<&-", 0), ("<&- >&- 2>&-", 1)])
    func closedStreams(redirection: String, status: Int32) async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await Tool.run(
                ["sh", "-c", "\"$0\" completion bash \(redirection)", CapsuleProgram.path], in: directory,
                environment: ["XDG_CACHE_HOME": "\(directory)/cache"])
            #expect(outcome.status == status, "\(outcome.errorOutput)")
            let isTold = outcome.errorOutput.contains("the result could not be written to standard output")
            #expect(isTold == (redirection == ">&-"), "\(outcome.errorOutput)")
        }
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
