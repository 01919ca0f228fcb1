import Archive
import CapsuleTestSupport
import FoundationEssentials
import Processes
import Testing

/// What the documentation prints, typed.
@Suite("The walk of docs/evidence.md", .timeLimit(.minutes(3)))
struct WalkTests {
    @Test(
        "runs as it is printed, from keys to an audit",
        .needs("git", "kubectl", "bash"))
    func evidence() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let page = String(decoding: try readFile("\(root)/docs/evidence.md"), as: UTF8.self)
        let section = try #require(page.components("\n## From keys to an audit\n").dropFirst().first)
            .components("\n## ")[0]
        let blocks = section.components("```sh\n").dropFirst().map { $0.components("```")[0] }
        #expect(blocks.count == 4)
        try await Shop.with { shop in
            _ = try await shop.build()
            try await Tool.output(["mv", "policy", "gitops"], in: shop.directory)
            try await Tool.output(
                ["sh", "-c", "mkdir bin && ln -s \"$1\" bin/capsule", "sh", CapsuleProgram.path], in: shop.directory)
            let path = try await Tool.output(["sh", "-c", "echo $PATH"])
            for block in blocks {
                let result = try await Tool.run(
                    ["bash", "-euo", "pipefail", "-c", block], in: shop.directory,
                    environment: [
                        "PATH": "\(shop.directory)/bin:\(path)", "tag": shop.tag,
                        "CAPSULE_KEY_PASSWORD": "…",
                        "XDG_CACHE_HOME": "\(shop.directory)/cache", "HOME": "\(shop.directory)/home",
                    ])
                let expected: Int32 = block.contains("# rejected, 65") ? 65 : 0
                #expect(result.status == expected, "\(block)\(result.text)\(result.errorOutput)")
            }
        }
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
