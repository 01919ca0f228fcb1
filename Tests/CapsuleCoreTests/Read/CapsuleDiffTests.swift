import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import OCI
import ReleaseTestSupport
import Testing

@Suite("Comparing capsules")
struct CapsuleDiffTests {
    private func contents(_ request: BuildRequest) throws -> CapsuleContents {
        try CapsuleContents(try CapsuleBuilder.build(request).capsule())
    }

    @Test("shows identity, images and each file") func golden() throws {
        let old = try Sample.request(commit: "a", committed: 1_700_000_000)
        var new = try Sample.request(commit: "b", committed: 1_800_000_000)
        new.image.digest = try Sample.digest("12")
        new.images[1].tag = try Tag("7.5")
        new.images[1].name = "redis:7.5"
        new.imageName = "shop"
        var files = new.package.files.filter { !$0.path.description.hasPrefix("components/redis/pod") }
        files.removeAll { $0.path.description == "base/deployment.yaml" }
        files += try Sample.files([
            (
                "base/deployment.yaml",
                Sample.deployment.replacing("name: worker\n", with: "name: worker # `x`\n")
            ),
            ("base/note.txt", "```\n\u{1B}[2J<b>no end of line"),
            (
                "components/redis/pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: redis\nspec:\n  containers:\n    - name: redis\n"
                    + "      image: redis:7.5\n"
            ),
        ])
        files.append(PackageFile(path: try RelativePath("base/logo.bin"), content: [0, 1, 2]))
        new.package = PackageTree(kind: .kustomize, entry: new.package.entry, files: files)
        let diff = CapsuleDiff.between(try contents(old), try contents(new))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try expectGolden(String(decoding: try encoder.encode(diff), as: UTF8.self) + "\n", "diff.json")
        #expect(diff.files.map(\.change) == [.changed, .added, .added, .changed])
        let back = CapsuleDiff.between(try contents(new), try contents(old))
        #expect(back.files.map(\.change) == [.changed, .removed, .removed, .changed])
    }

    @Test("of one with itself is empty") func same() throws {
        let contents = try contents(Sample.request())
        let diff = CapsuleDiff.between(contents, contents)
        #expect(diff.isEmpty && diff.fields.isEmpty && diff.files.isEmpty && diff.metadata.isEmpty)
    }

}
