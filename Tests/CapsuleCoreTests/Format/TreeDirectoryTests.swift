import CapsuleCore
import FoundationEssentials
import Testing

@Suite("A directory of a tree")
struct TreeDirectoryTests {
    @Test("is its top, written as one dot, or a path below it")
    func parses() throws {
        let top = try TreeDirectory(".")
        #expect(top == .top && top.path == nil && top.description == ".")
        #expect(top.path(of: "kustomization.yaml") == "kustomization.yaml")
        #expect(top.below("source") == "source")
        let base = try TreeDirectory("deploy/base")
        #expect(base.path?.description == "deploy/base" && base.description == "deploy/base")
        #expect(base.path(of: "kustomization.yaml") == "deploy/base/kustomization.yaml")
        #expect(base.below("source") == "source/deploy/base")
        for directory in [top, base] {
            let text = try JSONEncoder().encode([directory])
            #expect(try JSONDecoder().decode([TreeDirectory].self, from: text) == [directory])
        }
    }

    @Test(
        "has one spelling, and cannot leave the tree",
        arguments: ["", "./", "..", "/", "./base", "base/.", "base/..", "base/", "//", "a\\b"])
    func refuses(_ text: String) {
        let error = #expect(throws: CapsuleError.self) { try TreeDirectory(text) }
        #expect(error?.code == .invalidName)
    }
}
