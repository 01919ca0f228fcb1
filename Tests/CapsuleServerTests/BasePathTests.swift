import CapsuleTestSupport
import Documents
import Support
import Testing

@testable import CapsuleServer

@Suite("A base path", .timeLimit(.minutes(1)))
struct BasePathTests {
    @Test("is a path of plain segments")
    func parsing() throws {
        for text in ["/capsule", "/tools/capsule-1.0_a~b"] { #expect(try BasePath(text).description == text) }
        let long = "/" + String(repeating: "a", count: 199)
        #expect(try BasePath(long).description == long)
        for text in [
            "", "/", "capsule", "/capsule/", "//a", "/a//b", "/.", "/a/..", "/a b", "/a%2f", "/a?b", "/ä", "/$(A)",
            "/{{a}}",
            long + "a",
        ] {
            #expect(throws: BasePath.Invalid.self, "\(text)") { try BasePath(text) }
        }
    }

    @Test("is in front of every route, and probes and metrics are at the top as well")
    func routes() async throws {
        let release = try await TestRelease()
        try await withTestService([release], configure: { $0.basePath = try BasePath("/tools/capsule") }) { service in
            let tester = service.tester
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(try await tester.get(path).status == 200, "\(path)")
                #expect(try await tester.get("/tools/capsule\(path)").status == 200, "\(path)")
            }
            for path in [
                "/openapi.json", "/tools/capsule", "/tools/capsule/", "/tools/capsulehealthz", "/tools/healthz",
            ] {
                let reply = try await tester.get(path)
                #expect(reply.status == 404 && reply.text.contains("/tools/capsule/openapi.json"), "\(path)")
            }
            #expect(try await tester.post("/verify", release.request()).status == 404)
            for _ in 0..<2 {
                let reply = try await tester.post("/tools/capsule/verify", release.request())
                #expect(reply.status == 200, "\(reply.text)")
            }
            let metrics = try await tester.get("/metrics").text
            #expect(metrics.contains(#"capsule_requests_total{route="/verify",status="200"} 2"#), "\(metrics)")
            let document = try await tester.get("/tools/capsule/openapi.json").json
            #expect(document["servers"]?.array?.first?["url"] == "/tools/capsule")
        }
    }
}
