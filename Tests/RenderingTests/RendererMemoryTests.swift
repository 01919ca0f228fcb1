import CapsuleTestSupport
import Processes
import Support
import Testing

@testable import Rendering

/// With real programs: a program in Go reserves far more memory than it uses, and the limit must not be one on that.
@Suite("The memory of a renderer", .timeLimit(.minutes(2)))
struct RendererMemoryTests {
    static func renderer(_ mebibytes: Int) -> Renderer {
        Renderer(runner: SystemCommandRunner(), cache: nil, memory: mebibytes << 20)
    }

    @Test(
        "a small chart that multiplies is ended at the limit, and the error says what to do", .needs("helm"),
        arguments: [
            "{{ repeat 1000000000 \"abcdefghij\" | len | quote }}",
            "{{ $d := dict }}{{ range until 30 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toJson $d | len }}",
            "{{ $s := \"abcdefgh\" }}{{ range until 28 }}{{ $s = print $s $s }}{{ end }}{{ len $s }}",
        ])
    func multiplies(expression: String) async throws {
        let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: y\n# \(expression)\n"
        let error = await #expect(throws: RenderError.self) {
            try await Self.renderer(256).render(HelmRenderTests.input(["templates/bomb.yaml": template]))
        }
        #expect(error?.code == .memoryLimit)
        #expect(
            error?.message.contains("256 MiB") == true && error?.message.contains("CAPSULE_RENDER_MEMORY=512") == true)
    }

    @Test("ordinary packages render with a sixteenth of the limit", .needs("helm", "kubectl"))
    func ordinary() async throws {
        #expect(try await Self.renderer(128).render(HelmRenderTests.input()).files.count == 2)
        #expect(try await Self.renderer(128).render(RenderFixture.input()).files.count > 0)
    }

    @Test("the limit is a number of MiB in the environment, and another text is a mistake")
    func variable() throws {
        func limit(_ text: String?) throws -> Int? {
            try RendererMemory.limit(in: text.map { [RendererMemory.variable: $0] } ?? [:])
        }
        #expect(try limit(nil) == nil)
        #expect(try limit("") == nil)
        #expect(try limit("64") == 64 << 20)
        #expect(try limit("1048576") == 1 << 40)
        for text in ["63", "1048577", "2G", "-1", "9223372036854775807", "9223372036854775808", " 512"] {
            let error = #expect(throws: RenderError.self, "\(text)") { try limit(text) }
            #expect(error?.kind == .usage)
        }
    }
}
