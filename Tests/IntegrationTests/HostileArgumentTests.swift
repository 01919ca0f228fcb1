import CapsuleTestSupport
import Testing

@Suite("Arguments and files that hold logins or control characters", .timeLimit(.minutes(1)))
struct HostileArgumentTests {
    @Test(
        "no output shows a login",
        arguments: [
            ["status", "--gitops", "https://me:secret@127.0.0.1:1/x"],
            ["status", "--gitops", "https://secret@h.example/x"],
            ["status", "--gitops", "me:secret@h.example:x"], ["inspect", "https://me:secret@ghcr.io/x/y:1"],
            ["inspect", "me:secret@ghcr.io/x/y:1"], ["list", "secret@ghcr.io/x/y"],
            ["copy", "docker://me:secret@ghcr.io/x/y:1", "oci:there"],
            ["verify", "oci:there:v1", "--image", "https://me:secret@ghcr.io/x/y"],
        ])
    func logins(_ arguments: [String]) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/capsule.yaml", Self.configuration("https://git.example.com/x"))
            for format in [[], ["--output", "json"], ["--verbose"]] {
                let outcome = try await CapsuleProgram.run(arguments + format, in: directory)
                #expect(outcome.status == 64, "\(outcome.output)\(outcome.errors)")
                #expect(!(outcome.output + outcome.errors).contains("secret"), "\(outcome.output)\(outcome.errors)")
            }
        }
    }

    private static func configuration(_ repository: String, more: String = "") -> String {
        """
        schemaVersion: release-capsule/v1alpha1
        image: registry.example.com/shop/web
        capsule: registry.example.com/shop/release
        gitops: {repository: "\(repository)"}
        \(more)
        """
    }

    @Test(
        "a login in capsule.yaml is refused, and not shown",
        arguments: [
            configuration("https://me:secret@git.example.com/x"), configuration("https://secret@git.example.com/x"),
            configuration("me:secret@git.example.com:x"),
            configuration(
                "https://git.example.com/x",
                more: "kargo: {version: \"1.11\", verifier: {url: \"https://me:secret@c.example\"}}"),
            configuration(
                "https://git.example.com/x",
                more: "stages: [{name: test, verification: {url: \"https://me:secret@c.example/health\"}}]"),
            configuration("https://git.example.com/x").replacing(
                "registry.example.com/shop/web", with: "me:secret@registry.example.com/shop/web"),
        ])
    func configured(_ yaml: String) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/capsule.yaml", yaml)
            let outcome = try await CapsuleProgram.run(["kargo", "explain"], in: directory)
            #expect(outcome.status == 64, "\(outcome.output)\(outcome.errors)")
            #expect(!(outcome.output + outcome.errors).contains("secret"), "\(outcome.output)\(outcome.errors)")
        }
    }

    @Test(
        "no message can control the terminal, or look like another message",
        arguments: [
            ["inspect", "oci:x\ncapsule: verified\u{1b}[31m\u{202e}:v1"],
            ["unpack", "oci:x:v1", "--to", "y\ncapsule: verified\u{9b}/z"],
            ["doctor", "--config", "x\ncapsule: verified\u{7}"], ["list", "x\ncapsule: verified\u{200b}"],
            ["nonsense\ncapsule: verified\u{1b}[2J"], ["status", "--gitops", "/x\ncapsule: verified\r"],
        ])
    func messages(_ arguments: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await CapsuleProgram.run(arguments, in: directory)
            #expect(outcome.status != 0)
            let text = outcome.output + outcome.errors
            #expect(!text.contains("\ncapsule: verified"), "\(text)")
            let controls: [Unicode.Scalar] = ["\u{1b}", "\u{202e}", "\u{9b}", "\u{7}", "\u{200b}", "\r"]
            #expect(!text.unicodeScalars.contains(where: controls.contains), "\(text)")
        }
    }
}
