import CapsuleCore
import CapsuleTestSupport
import OCI
import PromotionTestSupport
import Testing

@testable import GitOps
@testable import Promotion
@testable import Rendering

@Suite("The text of a pull request", .timeLimit(.minutes(1)))
struct ReviewTextTests {
    private static let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
        "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")

    /// The text for release 2 on a stage that holds release 1.
    private func text(_ change: (inout StagePromotion) -> Void = { _ in }) async throws -> ReviewText {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory, yaml: Self.yaml)
            let first = try await fixture.promote(TestRelease(1), to: "production")
            _ = try await fixture.git("branch", "-f", "stage/production", try #require(first.commit).description)
            return try await fixture.with { promoter, snapshot in
                var promotion = try TestRelease(2).promotion(
                    promoter.configuration, stage: "production", snapshot: snapshot)
                change(&promotion)
                let planned = try #require(try await promoter.plan([promotion]).first)
                return ReviewText(
                    planned, try #require(planned.plan), try #require(planned.content),
                    gitops: try GitRemote("https://git.example.com/platform/gitops.git"))
            }
        }
    }

    @Test("says what the stage holds now and would hold, the gates, the images, the objects and the commands")
    func content() async throws {
        let digest = Digest.sha256(of: "proxy".utf8)
        let text = try await text { promotion in
            promotion.images = [
                ImagePin(name: "proxy", repository: try! Repository("ghcr.io/example/proxy"), digest: digest)
            ]
            promotion.diff = ManifestDiff.between([], promotion.content?.files ?? [])
        }
        let (old, new) = (try TestRelease(1).identity, try TestRelease(2).identity)
        #expect(text.title == "Promote git-\(new.commit.short) to production")
        let lines: [String] = [
            "| release | `\(old)` | `\(new)` |",
            "| image | `ghcr.io/example/shop@\(Digest.sha256(of: "image 1".utf8))` | "
                + "`ghcr.io/example/shop@\(Digest.sha256(of: "image 2".utf8))` |",
            "- `git log \(old.commit.short)..\(new.commit.short)` of `https://example.com/shop`", "### Gates",
            "- ✓ `order: ", "- `proxy`: `ghcr.io/example/proxy@\(digest)`", "### Rendered objects",
            "capsule verify ghcr.io/example/shop-capsule:\(new)@\(Digest.sha256(of: "capsule 2 a".utf8))\n",
            "capsule promote \(new) --stage production --dry-run --gitops https://git.example.com/platform/gitops.git\n",
            "capsule audit --stage production",
        ]
        for line in lines { #expect(text.body.contains(line), "\(line)\n\(text.body)") }
        #expect(!text.body.contains("Left out"))
    }

    @Test("is cut between lines where it would be longer than the smallest limit of a Git host")
    func limit() async throws {
        let text = try await text { promotion in
            let digest = Digest.sha256(of: "x".utf8)
            promotion.images = (0..<100).map {
                ImagePin(name: "image-\($0)", repository: try! Repository("ghcr.io/example/\($0)"), digest: digest)
            }
            promotion.diff = ManifestDiff.between([], promotion.content?.files ?? [])
        }
        #expect(text.body.utf8.count <= ReviewText.bodyLimit)
        #expect(text.body.contains("more images\n"))
        #expect(text.body.contains("Left out, because a pull request holds no more: rendered objects.\n"))
        #expect(text.body.contains("capsule audit"), "what is needed most is kept")
    }

    @Test("keeps whole sections or whole lines, at any length")
    func sections() {
        let lines = (0..<40).map { "- `line \($0)`\n" }
        for limit in stride(from: 200, to: 2_000, by: 37) {
            let text = ReviewText.joined(
                [
                    .init("", ["| a |\n"]), .init("Commands", ["```\n", "command\n", "```\n"]),
                    .init("Lines", lines, counted: "lines"),
                ], limit: limit)
            #expect(text.utf8.count <= limit)
            #expect(text.split(separator: "```", omittingEmptySubsequences: false).count % 2 == 1, "\(text)")
            let shown = text.split(separator: "\n").count { $0.hasPrefix("- `line") }
            #expect(shown == 40 || shown == 0 || text.contains("…and \(40 - shown) more lines\n"), "\(text)")
        }
    }

    @Test("has nothing of a release that a reader of Markdown or a shell would evaluate")
    func hostile() async throws {
        let text = try await text { promotion in
            var release = promotion.release
            release.capsule.repoURL = "oci:/tmp/`$(x)` | <b> @team '; rm -rf /"
            let render = promotion.content.map(\.render)
            promotion.content = promotion.content.flatMap { content in
                render.map {
                    StageContent(
                        release: release, render: $0, files: content.files, committed: content.committed,
                        source: "https://example.com/`x`](http://evil)")
                }
            }
        }
        #expect(text.body.contains("capsule verify 'oci:/tmp/`$(x)` | <b> @team '\\''; rm -rf /:git-"), "\(text.body)")
        #expect(text.body.contains("of ``https://example.com/`x`](http://evil)``"), "\(text.body)")
        #expect(text.body.contains("``oci:/tmp/`$(x)` \\u{7c} <b> @team '; rm -rf /@sha256:"), "\(text.body)")
    }
}
