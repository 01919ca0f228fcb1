import CapsuleCore
import CapsuleTestSupport
import Documents
import FoundationEssentials
import OCI
import Processes
import Testing

@testable import CapsuleServer

@Suite("The OpenAPI document") struct ContractTests {
    static let python = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"] ?? "python3"

    @Test("is returned by the service byte for byte")
    func published() async throws {
        let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let document = try readFile("\(path)/Sources/COpenAPI/openapi.json")
        try await withTestService([]) { service in
            let reply = try await service.tester.get("/openapi.json")
            #expect(reply.body == document)
            #expect(reply.headers["content-type"] == "application/json")
        }
    }

    @Test("is valid OpenAPI 3.1", .enabled("openapi-spec-validator is missing") { await hasValidator() })
    func valid() async throws {
        let script =
            Tool.importsNoIRIGrammar
            + "import json,sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
        let result = try await Tool.run([Self.python, "-c", script], input: OpenAPIDocument.json)
        #expect(result.succeeded, "\(result.errorOutput)")
    }

    @Test("lists the routes with their methods and whether they require a token")
    func routes() throws {
        let document = try JSONParser.parse(OpenAPIDocument.json, file: "openapi.json")
        let paths = try #require(document["paths"]?.members)
        for path in paths {
            let concrete = path.key.replacing("{id}", with: String(repeating: "0", count: 64))
            let route = try #require(Route(path: concrete), "\(path.key)")
            #expect(route.name == path.key)
            let operations = try #require(path.value.members)
            #expect(operations.map(\.key) == [route.method.lowercased()])
            #expect((operations[0].value["security"] == nil) == route.isOpen)
            let statuses = operations[0].value["responses"]?.members?.map(\.key) ?? []
            #expect(statuses.contains("401") != route.isOpen)
            // The metrics have a series for each of these, and for what every route has. Slow requests are counted otherwise.
            let counted = Set(CountedRoute.all.first { $0.name == path.key }?.statuses.map { "\($0)" } ?? [])
            #expect(counted.subtracting(["405", "499", "500"]) == Set(statuses).subtracting(["408"]), "\(path.key)")
        }
        #expect(paths.count == 8)
    }

    static func hasValidator() async -> Bool {
        await Tool.hasModules("openapi_spec_validator", python: python)
    }
}
