import CapsuleCore
import CapsuleTestSupport
import KargoManifests
import OCI
import Support
import Testing

@Suite("A directory of generated files")
struct GeneratedDirectoryTests {
    @Test("is written once, then left unchanged; files that are no longer generated are removed")
    func lifecycle() async throws {
        try await withTemporaryDirectory { directory in
            let files = try Shop.project().files()
            let first = GeneratedDirectory(path: "\(directory)/kargo", files: files)
            #expect(first.differences().allSatisfy { $0.change == .missing })
            #expect(try first.write().count == files.count)
            #expect(first.differences().isEmpty)
            #expect(try first.write().isEmpty)

            try writeFile("\(directory)/kargo/notes.yaml", "kind: Mine\n")
            try writeFile("\(directory)/kargo/stages/staging.yaml", KargoProject.mark + "\nedited: true\n")
            let fewer = files.filter { $0.path.description != "stages/canary.yaml" }
            let second = GeneratedDirectory(path: "\(directory)/kargo", files: fewer)
            let expected = ["stages/canary.yaml stale", "stages/staging.yaml differs"]
            #expect(second.differences().map { "\($0.path) \($0.change)" } == expected)
            #expect(try second.write().map { "\($0.path) \($0.change)" } == expected)
            #expect(second.differences().isEmpty)
            let left = listTree("\(directory)/kargo")
            #expect(left.contains("notes.yaml") && !left.contains("stages/canary.yaml"))
        }
    }

    @Test("never overwrites a file that was not generated, and writes nothing in that case")
    func foreign() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/warehouse.yaml", "kind: Warehouse\n")
            let generated = GeneratedDirectory(path: directory, files: try Shop.project().files())
            let error = #expect(throws: FileError.self) { try generated.write() }
            #expect(error?.message.contains("warehouse.yaml") == true)
            #expect(listTree(directory) == ["warehouse.yaml"])
            #expect(try readFile("\(directory)/warehouse.yaml") == Array("kind: Warehouse\n".utf8))
        }
    }
}
