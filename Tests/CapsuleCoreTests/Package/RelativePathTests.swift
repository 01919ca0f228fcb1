import CapsuleCore
import OCI
import Testing

@Suite("Relative paths")
struct RelativePathTests {
    @Test(
        "refuses what could leave a directory, or steer a terminal",
        arguments: [
            "", "/a", "a/", "a//b", ".", "a/../b", "a\\b", "a\nb", "a\u{7F}b", "a\u{80}b", "a\u{9B}31mb", "a\u{9F}",
            String(repeating: "x", count: 256),
        ])
    func refused(_ text: String) {
        let error = #expect(throws: CapsuleError.self) { try RelativePath(text) }
        #expect(error?.code == .invalidName)
    }

    @Test("is cut at slashes, whatever follows them")
    func marks() throws {
        let path = try RelativePath("a/\u{301}b/c")
        #expect(path.segments.map { Array($0.utf8) } == ["a", "\u{301}b", "c"].map { Array($0.utf8) })
        #expect(path.parent?.segments.count == 2)
        #expect(try RelativePath("a/\u{301}b").lastSegment == "\u{301}b")
    }

    @Test("takes names of every language", arguments: ["a/b.yaml", "..a/b..", "größe/名前", "\u{A0}", "a\u{C2}\u{A0}b"])
    func taken(_ text: String) throws {
        #expect(try RelativePath(text).description == text)
    }
}
