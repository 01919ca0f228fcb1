import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import ReleaseTestSupport
import Testing

@Suite("The text of a capsule diff")
struct CapsuleDiffTextTests {
    private func contents(_ request: BuildRequest) throws -> CapsuleContents {
        try CapsuleContents(try CapsuleBuilder.build(request).capsule())
    }

    @Test("shows identity, images and each file, and no control character")
    func golden() throws {
        let diff = try JSONGolden.read(CapsuleDiff.self, "CapsuleCoreTests/Read/Golden/diff.json")
        try expectGolden(diff.text(), "capsule-diff.txt")
        try expectGolden(diff.markdown(), "capsule-diff.md")
        #expect(!diff.text().contains("\u{1B}") && !diff.markdown().contains("\u{1B}"))
    }

    @Test("says that two capsules are the same") func same() throws {
        let contents = try contents(Sample.request())
        #expect(CapsuleDiff.between(contents, contents).text().hasPrefix("no difference"))
    }

    @Test("fits a pull request, and says what it leaves out") func room() throws {
        let old = try Sample.request()
        var new = old
        let text = String(repeating: "0123456789 line\n", count: 500)
        new.package = PackageTree(
            kind: .kustomize, entry: old.package.entry,
            files: old.package.files + (try (0..<20).map { try Sample.files([("base/file-\($0).txt", text)])[0] })
                + [PackageFile(path: try RelativePath("base/a-empty.txt"), content: [])])
        let diff = CapsuleDiff.between(try contents(old), try contents(new))
        #expect(diff.files.count == 21)
        let markdown = diff.markdown()
        #expect(markdown.count < 60_000)
        #expect(markdown.contains("An empty file.") && markdown.contains("15 more files differ"))
        #expect(diff.text().contains("base/a-empty.txt: an empty file"))
        #expect(diff.markdown(limit: .max).count > 160_000)
    }
}
