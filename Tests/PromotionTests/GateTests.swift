import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import PromotionTestSupport
import Support
import Testing

@testable import Promotion

@Suite("Gates", .timeLimit(.minutes(3)))
struct GateTests {
    static let epoch = PromotionFixture.epoch

    private func result(_ receipt: PromotionReceipt, _ gate: GateResult.Gate) throws -> GateResult {
        try #require(receipt.gates.first { $0.gate == gate })
    }

    @Test("opens after when the upstream stage holds the release or held it, by digest")
    func after() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            var gate = try result(try await fixture.promote(TestRelease(1), to: "test"), .after)
            #expect(gate.reason == "staging has no stage branch yet")
            try await fixture.promote(TestRelease(1), to: "staging")
            try await fixture.promote(TestRelease(2), to: "staging")

            let never = try await fixture.promote(TestRelease(3), to: "test")
            #expect(never.outcome == .refused)
            gate = try result(never, .after)
            #expect(!gate.ok)
            #expect(gate.subject == "staging")
            #expect(gate.remedy?.contains("to staging first") == true)

            let other = try await fixture.promote(TestRelease(2, content: "b"), to: "test")
            #expect(other.outcome == .refused)
            #expect(try result(other, .after).reason.contains("with other content"))

            #expect(try await fixture.promote(TestRelease(1), to: "test").outcome == .promoted)
            let now = try await fixture.promote(TestRelease(2), to: "test")
            #expect(try result(now, .after).reason == "staging holds this release")
            #expect(now.outcome == .promoted)
            #expect(try await fixture.log("stage/test").count == 2)
        }
    }

    @Test("counts soak time from the commit that brought the release, over renders of the same release")
    func soak() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch)
            let early = try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 600)
            #expect(early.outcome == .refused)
            let gate = try result(early, .soak)
            #expect(gate.reason == "staging has held it for 10m of 30m")
            #expect(gate.remedy == "wait 20m")
            #expect(gate.opensAt == CapsuleFormat.timestamp(Self.epoch + 1800))
            // The same release rendered again does not start the time again.
            try await fixture.promote(TestRelease(1, files: ["x.yaml": "y\n"]), to: "staging", now: Self.epoch + 1000)
            #expect(try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 1799).outcome == .refused)
            #expect(try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 1800).outcome == .promoted)
        }
    }

    @Test("does not count time in which the upstream stage held something else")
    func interruptedSoak() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch)
            try await fixture.promote(TestRelease(2), to: "staging", now: Self.epoch + 1000)
            let gone = try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 100_000)
            #expect(gone.outcome == .refused)
            #expect(try result(gone, .after).ok)
            #expect(try result(gone, .soak).reason == "staging held it for 16m 40s of 30m, and no longer does")
            try await fixture.promote(TestRelease(1), to: "staging", rollback: true, now: Self.epoch + 100_000)
            #expect(
                try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 101_000).outcome == .refused)
            #expect(
                try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 101_800).outcome == .promoted)
        }
    }

    @Test("finds a release far back in a long history", arguments: [true, false])
    func deepHistory(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "")
            var fixture = try await PromotionFixture.create(directory, yaml: yaml)
            fixture.useFileTransport = useFile
            try await fixture.promote(TestRelease(1), to: "staging")
            try await fixture.promote(TestRelease(2), to: "staging")
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            for index in 0..<40 { try await clone.commit(["n": "\(index)"]) }
            try await clone.git("push", "-q", "origin", "stage/staging")
            #expect(try await fixture.promote(TestRelease(1), to: "test").outcome == .promoted)
            #expect(try await fixture.promote(TestRelease(3), to: "test").outcome == .refused)
        }
    }

    @Test("sees releases that came by merge commits, squashes and pull requests")
    func merges() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "").replacing(
                "  - name: staging\n", with: "  - name: staging\n    review: pull-request\n")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let clone = TestRepository(path: "\(directory)/clone")
            for number in 1...2 {
                let receipt = try await fixture.promote(TestRelease(number), to: "staging")
                let branch = try #require(receipt.review?.head)
                if number == 1 {
                    try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
                }
                try await clone.git("fetch", "-q")
                try await clone.git("merge", "-q", "--no-ff", "-m", "Merge", "origin/\(branch)")
                try await clone.git("push", "-q", "origin", "stage/staging")
            }
            #expect(try await fixture.promote(TestRelease(1), to: "test").outcome == .promoted)
            #expect(try await fixture.promote(TestRelease(2), to: "test").outcome == .promoted)
        }
    }

    @Test(
        "does not count a commit that changes the record alone, or for another stage",
        arguments: ["record", "other stage", "other files"])
    func forgedHold(_ how: String) async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            try await fixture.promote(TestRelease(2), to: "staging")
            let forged = try await fixture.with { promoter, snapshot in
                try TestRelease(1).promotion(
                    promoter.configuration, stage: how == "other stage" ? "test" : "staging", snapshot: snapshot)
            }
            let content = try #require(forged.content)
            let place = "apps/shop/deployments/staging"
            var files = ["\(place)/release-metadata.yaml": content.record.yaml()]
            if how != "record" {
                for file in content.files {
                    files["\(place)/deploy/\(file.path)"] = String(decoding: file.content, as: UTF8.self)
                }
            }
            if how == "other files" { files["\(place)/deploy/more.yaml"] = "kind: More\n" }
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            try await clone.commit(files, message: StageCommitMessage.text(content, forged))
            try await clone.git("revert", "--no-edit", "HEAD")
            try await clone.git("push", "-q", "origin", "stage/staging")
            let held = try await fixture.promote(TestRelease(1), to: "staging", rollback: .held)
            #expect(held.outcome == .refused, "\(held)")
            #expect(try await fixture.promote(TestRelease(1), to: "test").outcome == .refused)
            // Release 2 is still held, and a release that was really held counts.
            #expect(try await fixture.promote(TestRelease(2), to: "test").outcome == .promoted)
            try await fixture.promote(TestRelease(3), to: "staging")
            #expect(try await fixture.promote(TestRelease(2), to: "staging", rollback: .held).outcome == .promoted)
        }
    }

    @Test("requires the file on the GitOps branch, a regular one")
    func requires() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    after: [test]\n    review: pull-request\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let tag = try TestRelease(1).identity
            let shut = try await fixture.promote(TestRelease(1), to: "production")
            #expect(shut.outcome == .refused)
            let gate = try result(shut, .requires)
            #expect(gate.subject == "approvals/\(tag).yaml")
            #expect(gate.remedy == "commit this file to the GitOps branch")
            try await Tool.output(["mkdir", "-p", "\(fixture.policy.path)/approvals"])
            try await Tool.output(["ln", "-s", "../README.md", "\(fixture.policy.path)/approvals/\(tag).yaml"])
            try await fixture.commitPolicy([:])
            #expect(try await fixture.promote(TestRelease(1), to: "production").outcome == .refused)
            try await fixture.policy.git("rm", "-q", "approvals/\(tag).yaml")
            try await fixture.commitPolicy(["approvals/\(tag).yaml": "yes\n"])
            #expect(try await fixture.promote(TestRelease(1), to: "production").outcome == .promoted)
        }
    }

    @Test("refuses a release that was committed before what the stage holds, unless it is a rollback")
    func orderByTime() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(2), to: "staging")
            let older = try await fixture.promote(TestRelease(1), to: "staging")
            #expect(older.outcome == .refused)
            #expect(try result(older, .order).reason.contains("was committed at"))
            #expect(try await fixture.promote(TestRelease(1), to: "staging", rollback: true).outcome == .promoted)
            #expect(try await fixture.log("stage/staging").first == "Roll staging back to git-000000000000")
            // The option allows an older release; this one is newer.
            let newer = try await fixture.promote(TestRelease(2), to: "staging", rollback: true)
            #expect(newer.message?.hasPrefix("Promote git-") == true)
        }
    }

    @Test("decides by ancestry when the application repository is available, whatever the clocks said")
    func orderByAncestry() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let app = try await TestRepository.create("\(directory)/app")
            let old = try await app.commit(["a": "1"], time: 2_000)
            let new = try await app.commit(["a": "2"], time: 1_000)
            let first = TestRelease(1, committed: 2_000, commit: old)
            let second = TestRelease(2, committed: 1_000, commit: new)
            try await fixture.promote(first, to: "staging")
            #expect(try await fixture.promote(second, to: "staging").outcome == .refused)
            let newer = try await fixture.promote(second, to: "staging", ancestry: app.path)
            #expect(newer.outcome == .promoted)
            #expect(try result(newer, .order).reason.contains("comes after"))
            let older = try await fixture.promote(first, to: "staging", ancestry: app.path)
            #expect(older.outcome == .refused)
            #expect(try result(older, .order).reason.contains("comes before"))
            // A shallow clone does not know; then time decides.
            try await Tool.output(["git", "clone", "-q", "--depth=1", "file://\(app.path)", "\(directory)/shallow"])
            #expect(
                try await fixture.promote(first, to: "staging", ancestry: "\(directory)/shallow").outcome == .promoted)
        }
    }

    @Test("is closed when the order cannot be determined")
    func unknownOrder() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            try await clone.commit(["hydrator.metadata": "not json"])
            try await clone.git("push", "-q", "origin", "stage/staging")
            var receipt = try await fixture.promote(TestRelease(2), to: "staging")
            #expect(receipt.outcome == .refused)
            #expect(try result(receipt, .order).remedy?.contains("clone of the application repository") == true)
            try await clone.commit(["apps/shop/deployments/staging/release-metadata.yaml": "schemaVersion: other\n"])
            try await clone.git("push", "-q", "origin", "stage/staging")
            receipt = try await fixture.promote(TestRelease(2), to: "staging")
            #expect(receipt.outcome == .refused)
            #expect(try result(receipt, .order).reason.contains("cannot be read"))
            #expect(try await fixture.promote(TestRelease(2), to: "staging", rollback: true).outcome == .promoted)
        }
    }

    @Test("takes an older release back only when the stage held it before, if the caller allows that")
    func held() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(2), to: "staging")
            try await fixture.promote(TestRelease(3), to: "staging")
            // Older, and never here: by its commit's time it is not what follows.
            let never = try await fixture.promote(TestRelease(1), to: "staging", rollback: .held)
            #expect(never.outcome == .refused)
            #expect(try !result(never, .order).ok)
            #expect(try await fixture.promote(TestRelease(2), to: "staging").outcome == .refused)
            let back = try await fixture.promote(TestRelease(2), to: "staging", rollback: .held)
            #expect(back.outcome == .promoted)
            #expect(try result(back, .order).subject == GateResult.rollback)
            #expect(back.message?.hasPrefix("Roll staging back to git-") == true)
            let again = try await fixture.promote(TestRelease(3), to: "staging", rollback: .held)
            #expect(again.message?.hasPrefix("Promote git-") == true, "it was here, and is newer than what is here")
            #expect(try result(again, .order).subject == nil)
            #expect(try await fixture.promote(TestRelease(2), to: "staging", rollback: .held).outcome == .promoted)
            // The same identity with other content was never here either.
            let other = try await fixture.promote(TestRelease(3, content: "b"), to: "staging", rollback: .held)
            #expect(other.outcome == .promoted, "newer than what the stage holds, and it holds another identity now")
            #expect(try result(other, .order).subject == nil)
        }
    }

    @Test("refuses other content under the identity that the stage holds, even as a rollback")
    func digest() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            for rollback in [Rollback.never, .held, .always] {
                let receipt = try await fixture.promote(TestRelease(1, content: "b"), to: "staging", rollback: rollback)
                #expect(receipt.outcome == .refused)
                #expect(try !result(receipt, .digest).ok)
            }
        }
    }

    @Test("reads a record of the first draft, and does not take it for evidence")
    func legacyRecord() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let identity = try TestRelease(1).identity
            let work = TestRepository(path: fixture.policy.path)
            try await work.git("checkout", "-q", "--orphan", "stage/staging")
            try await work.git("rm", "-rfq", ".")
            try await work.commit([
                "apps/shop/deployments/staging/release-metadata.yaml": """
                schemaVersion: codeai/v1alpha1
                release:
                  gitCommit: "\(identity.commit)"
                  image: {repoURL: ghcr.io/example/shop, tag: \(identity)}
                  capsule: {repoURL: ghcr.io/example/c, tag: \(identity), packageKind: kustomize, packagePath: package/kustomize}

                """
            ])
            try await work.git("push", "-q", "origin", "stage/staging")
            let receipt = try await fixture.promote(TestRelease(1), to: "test")
            #expect(receipt.outcome == .refused)
            #expect(try result(receipt, .after).reason.contains("without digests"))
            #expect(try await fixture.promote(TestRelease(1), to: "staging").outcome == .promoted)
            #expect(try await fixture.promote(TestRelease(1), to: "test").outcome == .promoted)
        }
    }

    @Test("tells what every stage holds")
    func states() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            // The same release with another render is the same release since then.
            try await fixture.promote(TestRelease(1, files: ["x.yaml": "y\n"]), to: "staging", now: Self.epoch + 60)
            let states = try await fixture.with { promoter, _ in try await promoter.branches.stagesAndReviews().stages }
            #expect(states.map(\.stage) == ["staging", "test", "production"])
            #expect(try states[0].record?.release.identity == TestRelease(1).identity)
            #expect(states[0].releaseCommitted == TestRelease(1).committed)
            #expect(states[0].since == CapsuleFormat.timestamp(Self.epoch))
            #expect(states[0].committed == CapsuleFormat.timestamp(Self.epoch + 60))
            #expect(states[1].head == nil)
            #expect(states[1].record == nil)
        }
    }
}
