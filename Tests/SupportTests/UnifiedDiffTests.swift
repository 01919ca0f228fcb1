import CapsuleTestSupport
import Support
import Testing

@Suite("Unified diff")
struct UnifiedDiffTests {
    private func diff(_ old: String, _ new: String) -> String? {
        UnifiedDiff.between(Array(old.utf8), Array(new.utf8), oldName: "a", newName: "b")
    }

    @Test("is nothing for equal text, and nil for what is not text") func edges() {
        #expect(diff("a\n", "a\n") == "")
        #expect(diff("a\0", "a") == nil)
        #expect(UnifiedDiff.between([0xFF], [], oldName: "a", newName: "b") == nil)
        let large = [UInt8](repeating: 0x0A, count: UnifiedDiff.maximumSize)
        #expect(UnifiedDiff.between(large, [], oldName: "a", newName: "b") != nil)
        #expect(UnifiedDiff.between(large + [0x0A], [], oldName: "a", newName: "b") == nil)
    }

    @Test("says where a line end is missing") func lineEnd() {
        #expect(diff("a\nb", "a\nb\n") == "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n")
        #expect(diff("", "x\n") == "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n")
        #expect(diff("x\n", "") == "--- a\n+++ b\n@@ -1 +0,0 @@\n-x\n")
    }

    @Test("applies with git, for random edits", .needs("git"), .timeLimit(.minutes(1)))
    func applies() async throws {
        var random = SplitMix(seed: 42)
        try await withTemporaryDirectory { directory in
            var patch = ""
            var expected: [(String, String)] = []
            for index in 0..<40 {
                let lines = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    "line \(Int.random(in: 0...20, using: &random))"
                }
                var changed = lines
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let at = Int.random(in: 0...changed.count, using: &random)
                    if Bool.random(using: &random) || changed.isEmpty || at == changed.count {
                        changed.insert("new \(Int.random(in: 0...9, using: &random))", at: at)
                    } else {
                        changed.remove(at: at)
                    }
                }
                func text(_ lines: [String], end: Bool) -> String {
                    lines.joined(separator: "\n") + (end && !lines.isEmpty ? "\n" : "")
                }
                let old = text(lines, end: Bool.random(using: &random))
                let new = text(changed, end: Bool.random(using: &random))
                guard old != new, !old.isEmpty, !new.isEmpty else { continue }
                try writeFile("\(directory)/f\(index)", old)
                patch += try #require(
                    UnifiedDiff.between(
                        Array(old.utf8), Array(new.utf8), oldName: "a/f\(index)", newName: "b/f\(index)"))
                expected.append(("f\(index)", new))
            }
            try await Tool.output(["git", "apply", "-"], in: directory, input: Array(patch.utf8))
            for (name, text) in expected {
                #expect(try String(decoding: readFile("\(directory)/\(name)"), as: UTF8.self) == text)
            }
            #expect(expected.count > 30)
        }
    }

    @Test("of two large files with nothing in common ends in time", .timeLimit(.minutes(1))) func large() throws {
        let old = (0..<20_000).map { "old \($0)\n" }.joined()
        let new = (0..<20_000).map { "new \($0)\n" }.joined()
        let text = try #require(diff(old, new))
        #expect(text.split(separator: "\n").count == 40_003)
    }
}
