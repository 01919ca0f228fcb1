import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import PromotionTestSupport
import Support
import Synchronization
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion

@Suite("Promoting to stage branches", .timeLimit(.minutes(3)))
struct PromoterTests {
    @Test("makes an orphan branch with the rendered files, the record and the metadata", arguments: ["sha1", "sha256"])
    func first(format: String) async throws {
        try await withTemporaryDirectory { directory in
            for useFile in [true, false] {
                var fixture = try await PromotionFixture.create("\(directory)/\(useFile)", format: format)
                fixture.useFileTransport = useFile
                let receipt = try await fixture.promote(TestRelease(1), to: "staging")
                #expect(receipt.outcome == .promoted)
                #expect(receipt.previousCommit == nil)
                #expect(try await fixture.git("rev-parse", "stage/staging") == receipt.commit?.description)
                #expect(try await fixture.git("rev-list", "--count", "stage/staging") == "1")
                #expect(
                    try await fixture.files("stage/staging") == [
                        "apps/shop/deployments/staging/deploy/apps_v1_deployment_shop.yaml",
                        "apps/shop/deployments/staging/deploy/v1_service_shop.yaml",
                        "apps/shop/deployments/staging/release-metadata.yaml", "hydrator.metadata",
                    ])
                #expect(try await fixture.git("fsck", "--strict", "--no-dangling") == "")
            }
        }
    }

    @Test("writes record, metadata and message as the format says")
    func golden() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            try await fixture.promote(TestRelease(2), to: "staging")
            let policy = try await fixture.git("rev-parse", "main")
            func show(_ path: String) async throws -> String {
                try await fixture.git("show", "stage/staging:\(path)").replacing(policy, with: "POLICY") + "\n"
            }
            try expectGolden(
                try await show("apps/shop/deployments/staging/release-metadata.yaml"), "release-metadata.yaml")
            try expectGolden(try await show("hydrator.metadata"), "hydrator.metadata")
            let message = try await fixture.git(
                "log", "-1", "--format=%an <%ae> %at%n%cn <%ce> %ct%n%n%B", "stage/staging")
            try expectGolden(message.replacing(policy, with: "POLICY") + "\n", "commit-message.txt")
            let trailers = try await fixture.git(
                "log", "-1",
                "--format=%(trailers:key=Release,key=Capsule,key=Image,key=Gitops-Commit,key=Rendered,keyonly)",
                "stage/staging")
            #expect(trailers.split(separator: "\n") == ["Release", "Capsule", "Image", "Gitops-Commit", "Rendered"])
        }
    }

    @Test("makes no commit when the stage holds exactly this")
    func unchanged() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let first = try await fixture.promote(TestRelease(1), to: "staging")
            let second = try await fixture.promote(TestRelease(1), to: "staging", now: PromotionFixture.epoch + 100)
            #expect(second.outcome == .unchanged)
            #expect(second.commit == first.commit)
        }
    }

    @Test("replaces deploy exactly and leaves everything else on the branch alone")
    func replaces() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(
                TestRelease(1, files: ["old.yaml": "old\n", "dir/deep \"x\".yaml": "deep\n", "keep.yaml": "keep\n"]),
                to: "staging")
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            try await clone.commit([
                "NOTES.md": "by hand\n", "apps/shop/deployments/staging/deploy/stray.yaml": "stray\n",
                "apps/other/deployments/staging/deploy/x.yaml": "other\n",
            ])
            try await clone.git("push", "-q", "origin", "stage/staging")
            let receipt = try await fixture.promote(
                TestRelease(
                    2, files: ["new.yaml": "new\n", "keep.yaml": "keep\n", "old.yaml/now-a-directory.yaml": "x\n"]),
                to: "staging")
            #expect(receipt.outcome == .promoted)
            #expect(
                try await fixture.files("stage/staging") == [
                    "NOTES.md", "apps/other/deployments/staging/deploy/x.yaml",
                    "apps/shop/deployments/staging/deploy/keep.yaml", "apps/shop/deployments/staging/deploy/new.yaml",
                    "apps/shop/deployments/staging/deploy/old.yaml/now-a-directory.yaml",
                    "apps/shop/deployments/staging/release-metadata.yaml", "hydrator.metadata",
                ])
            #expect(try await fixture.git("rev-list", "--count", "stage/staging") == "3")
        }
    }

    @Test("commits again when someone changed the rendered files by hand")
    func drift() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let first = try await fixture.promote(TestRelease(1), to: "staging")
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            try await clone.commit(["apps/shop/deployments/staging/deploy/v1_service_shop.yaml": "kind: Evil\n"])
            try await clone.git("push", "-q", "origin", "stage/staging")
            let second = try await fixture.promote(TestRelease(1), to: "staging")
            #expect(second.outcome == .promoted)
            let before = try #require(first.commit)
            #expect(
                try await fixture.git("rev-parse", "stage/staging^{tree}")
                    == fixture.git("rev-parse", "\(before)^{tree}"))
        }
    }

    @Test("gives the same tree and commit from another clone, user and directory")
    func deterministic() async throws {
        try await withTemporaryDirectory { directory in
            var commits: Set<String> = []
            for place in ["one", "two/deeper"] {
                let fixture = try await PromotionFixture.create("\(directory)/\(place)")
                let receipt = try await fixture.promote(TestRelease(1), to: "staging")
                commits.insert(receipt.commit?.description ?? "")
            }
            #expect(commits.count == 1)
        }
    }

    @Test("promotes several stages in one push, each for itself")
    func several() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    after: [staging]\n    soak: 30m\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let recorder = RecordingRunner()
            let promotions = try await fixture.with(runner: recorder) { promoter, snapshot in
                try await promoter.promote(
                    ["staging", "production", "test"].map {
                        try TestRelease(1).promotion(promoter.configuration, stage: $0, snapshot: snapshot)
                    })
            }
            let receipts = promotions.compactMap(\.receipt)
            #expect(receipts.map(\.stage) == ["staging", "production", "test"])
            #expect(receipts.map(\.outcome) == [.promoted, .refused, .promoted])
            #expect(recorder.commands.count { $0.contains("push") } == 1)
            #expect(recorder.commands.count { $0.contains("fast-import") } == 1)
            #expect(try await fixture.log("stage/test") == ["Promote git-000000000000 to test"])
        }
    }

    @Test("plans without writing anything")
    func dryRun() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            let before = try await fixture.git("for-each-ref")
            try await fixture.with { promoter, snapshot in
                let promotion = try TestRelease(2).promotion(
                    promoter.configuration, stage: "staging", snapshot: snapshot)
                let plan = try #require(try await promoter.plan([promotion]).first?.plan)
                #expect(plan.change == .commit)
                let old = try #require(try await promoter.branches.files([plan.state])["staging"])
                #expect(old.map(\.path.description) == promotion.content?.files.map(\.path.description).sorted())
                #expect(old.map { String(decoding: $0.content, as: UTF8.self) }.contains("image: shop@1\n"))
            }
            #expect(try await fixture.git("for-each-ref") == before)
        }
    }

    @Test("pushes a review branch, proposes again on top of it, and never forces it")
    func review() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
                "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let branch = "capsule/production/\(try TestRelease(1).identity)"
            let first = try await fixture.promote(TestRelease(1), to: "production")
            #expect(first.outcome == .review)
            #expect(first.review?.head == branch && first.review?.base == "stage/production")
            #expect(first.review?.url == nil)
            #expect(try await fixture.git("rev-parse", branch) == first.commit?.description)
            #expect(try await fixture.files("stage/production") == [])
            #expect(try await fixture.git("rev-parse", "\(branch)^") == fixture.git("rev-parse", "stage/production"))

            let again = try await fixture.promote(TestRelease(1), to: "production", now: PromotionFixture.epoch + 9)
            #expect(again.outcome == .review)
            #expect(again.commit == first.commit)

            let other = try await fixture.promote(
                TestRelease(1, files: ["x.yaml": "other policy\n"]), to: "production", now: PromotionFixture.epoch + 9)
            #expect(other.outcome == .review)
            #expect(try await fixture.git("rev-parse", "\(branch)^1") == fixture.git("rev-parse", "stage/production"))
            #expect(try await fixture.git("rev-parse", "\(branch)^2") == first.commit?.description)

            // Somebody merges it, as a host does.
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/production", fixture.remote, clone.path])
            try await clone.git("merge", "-q", "--no-ff", "-m", "Merge", "origin/\(branch)")
            try await clone.git("push", "-q", "origin", "stage/production")
            let merged = try await fixture.promote(
                TestRelease(1, files: ["x.yaml": "other policy\n"]), to: "production", now: PromotionFixture.epoch + 10)
            #expect(merged.outcome == .unchanged)

            // The stage moved on: the next proposal comes after it.
            let second = try await fixture.promote(TestRelease(2), to: "production")
            let branch2 = "capsule/production/\(try TestRelease(2).identity)"
            #expect(second.outcome == .review)
            #expect(
                try await fixture.git("merge-base", "--is-ancestor", "stage/production", branch2) == "")
            #expect(
                try await fixture.files(branch2).contains("apps/shop/deployments/production/deploy/x.yaml") == false)
        }
    }

    @Test(
        "says at once which branch is in the way of the branch of a stage or of a review",
        arguments: [
            ("stage", "staging"), ("stage/staging/x", "staging"), ("capsule", "production"),
            ("capsule/production", "production"),
        ])
    func obstacle(branch: String, stage: String) async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
                "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            _ = try await fixture.git("branch", branch, "main")
            let recorder = RecordingRunner()
            let error = await #expect(throws: GitError.self) {
                try await fixture.promote(TestRelease(1), to: stage, runner: recorder)
            }
            #expect(error?.message.contains("which has the branch \"\(branch)\"") == true, "\(error?.message ?? "")")
            #expect(!recorder.commands.contains { $0.contains("push") })
        }
    }

    @Test("takes content of its own stage and policy only")
    func mismatched() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.with { promoter, snapshot in
                let staged = try TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                let moved = StagePromotion(
                    staged.release, to: try promoter.configuration.stage("production"), committed: nil,
                    content: staged.content)
                await #expect(throws: CapsuleError.self) { try await promoter.promote([moved]) }
            }
            let old = try await fixture.with { promoter, snapshot in
                try TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
            }
            try await fixture.commitPolicy(["apps/shop/envTypes/staging/more.yaml": "x\n"])
            _ = try await fixture.with { promoter, _ in
                await #expect(throws: CapsuleError.self) { try await promoter.promote([old]) }
            }
        }
    }

    @Test("keeps names, tags and paths from adding lines or trailers to a commit")
    func escaping() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            var configuration = fixture.configuration
            configuration.capsule = .layout(path: "/srv/x\nCapsule: evil\n\u{1b}[31m\u{202e}")
            let receipt = try await fixture.promote(TestRelease(1), to: "staging", configuration: configuration)
            #expect(receipt.outcome == .promoted)
            let message = try await fixture.git("log", "-1", "--format=%B", "stage/staging")
            #expect(message.split(separator: "\n").count { $0.hasPrefix("Capsule:") } == 1)
            #expect(!message.contains("\u{1b}"))
            #expect(!message.contains("\u{202e}"))
        }
    }
}
