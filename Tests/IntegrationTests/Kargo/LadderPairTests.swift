import CapsuleTestSupport
import FoundationEssentials
import KargoTestSupport
import Testing

/// Pairs: packages in the registry, whose records are witnesses on the policy branch.
@Suite("Package pairs that Kargo promotes", .timeLimit(.minutes(4)), .needs("git", "kubectl", "docker-registry"))
struct LadderPairTests {
    private static let pairs: Ladder.Application = {
        var application = LadderTests.shop
        application.form = "pair"
        application.stages = [
            ("staging", "{name: staging}"),
            ("production", "{name: production, after: [staging], review: pull-request}"),
        ]
        return application
    }()

    @Test(
        "go through all stages with the bytes of `capsule promote`, and back",
        arguments: [LadderTests.styles[2], LadderTests.styles[3]])
    func climb(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.pairs, style) { ladder in
            let tests = LadderTests()
            let (first, second) = (ladder.releases[0], ladder.releases[1])
            for release in [first, second] {
                try await tests.passes(ladder, release, "staging", "to-staging-\(release.tag.suffix(8))")
                try await tests.merges(ladder, release, "production", "to-production-\(release.tag.suffix(8))")
            }
            let request = try #require(ladder.cluster.forge.pullRequests.last)
            for text in [
                "| package | ", "| witness | `apps/shop/releases/\(first.tag).yaml@sha256:",
                "--gitops \(ladder.remote)\n",
            ] { #expect(request.description.contains(text), "\(text)\n\(request.description)") }
            let record = try await Tool.output(
                [
                    "git", "-C", "\(ladder.directory)/gitops.git", "show",
                    "stage/staging:apps/shop/deployments/staging/release-metadata.yaml",
                ])
            #expect(record.contains("form: pair") && record.contains("releases/\(second.tag).yaml"), "\(record)")
            #expect(try await ladder.audit("staging") == "reproduced")
            #expect(try await ladder.audit("production") == "reproduced")
            try await tests.passes(ladder, first, "staging", "back", backFrom: second)
            #expect(try await ladder.audit("staging") == "reproduced")
        }
    }

    @Test(
        "survive lost connections, in every style and release line",
        arguments: [LadderTests.styles[0], LadderTests.styles[1], LadderTests.styles[4]])
    func faults(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.pairs, style, days: [5]) { ladder in
            try await LadderTests().survives(ladder, ladder.releases[0])
            #expect(try await ladder.holds("staging", ladder.releases[0]))
        }
    }

    @Test(
        "wait on an automatic stage until their witness is merged, and come through",
        arguments: [LadderTests.styles[0], LadderTests.styles[4]])
    func awaited(_ style: Ladder.Style) async throws {
        var application = Self.pairs
        application.reviewsWitnesses = true
        application.stages[0] = ("staging", "{name: staging, auto: true}")
        try await Ladder.with(application, style, days: [5], climbs: false) { ladder in
            let step = style.tasks ? "promote::await-witness" : "await-witness"
            let release = ladder.releases[0]
            var promotion = try ladder.promotion(release, to: "staging", name: "waits")
            promotion.faults[step] = 2
            for _ in 0..<4 {
                guard case .running(step: step) = try await promotion.reconcile() else {
                    throw ToolFailure(description: "it does not wait: \(promotion.records)")
                }
            }
            #expect(promotion.executions.allSatisfy { $0 == step } && promotion.faults[step] == 0)
            // What is refused for another reason is not waited for.
            let other = "sha256:" + String(repeating: "0", count: 64)
            try await Tool.output(
                [
                    "git", "-C", "\(ladder.directory)/gitops.git", "update-ref", "refs/heads/main",
                    "capsule/release/\(release.tag)",
                ])
            var wrong = try ladder.promotion(release, to: "staging", name: "wrong", image: other)
            #expect(try await wrong.run() != .succeeded)
            #expect(wrong.executions == [step])
            #expect(try await promotion.run() == .succeeded, "\(promotion.records)")
            #expect(try await ladder.audit("staging") == "reproduced")
        }
    }

    @Test(
        "are refused before anything is downloaded when the witness is missing, edited, or that of another package",
        arguments: [LadderTests.styles[0], LadderTests.styles[3]])
    func refused(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.pairs, style, days: [5, 6], climbs: false) { ladder in
            let (release, other) = (ladder.releases[0], ladder.releases[1])
            let witness = "apps/shop/releases/\(release.tag).yaml"
            func refused(_ name: String, _ release: Ladder.Release, _ words: String) async throws {
                var promotion = try ladder.promotion(release, to: "staging", name: name)
                let phase = try await promotion.run()
                #expect("\(phase)".contains(words), "\(name): \(phase)")
                #expect(
                    promotion.executions.allSatisfy { ["clone", "verify", "promote"].contains($0) },
                    "\(promotion.executions)")
                #expect(try await ladder.files("stage/staging") == "")
            }
            // The tag of one release with the package of the other.
            var mixed = release
            mixed.capsule = other.capsule
            try await refused("mixed", mixed, "witness")
            let clone = "\(ladder.directory)/edits"
            try await Tool.output(["git", "clone", "-q", "\(ladder.directory)/gitops.git", clone])
            let text = String(decoding: try readFile("\(clone)/\(witness)"), as: UTF8.self)
            try writeFile("\(clone)/\(witness)", text + "# edited\n")
            _ = try await Shop.commit("Edit", in: clone, day: 7)
            try await Tool.output(["git", "push", "-q", "origin", "main"], in: clone)
            try await refused("edited", release, "a witness is written once")
            try await Tool.output(["git", "rm", "-q", witness], in: clone)
            _ = try await Shop.commit("Remove", in: clone, day: 8)
            try await Tool.output(["git", "push", "-q", "origin", "main"], in: clone)
            try await refused("missing", release, "there is no witness")
            var promotion = try ladder.promotion(other, to: "staging", name: "other")
            #expect(try await promotion.run() == .succeeded, "\(promotion.records)")
        }
    }

    @Test(
        "and capsules in one repository are told apart by the artifact, whatever the configuration publishes",
        arguments: [LadderTests.styles[0], LadderTests.styles[3]])
    func both(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.pairs, style, forms: ["pair", "capsule"], climbs: false) { ladder in
            var pair = try ladder.promotion(ladder.releases[0], to: "staging", name: "pair")
            #expect(try await pair.run() == .succeeded, "\(pair.records)")
            var capsule = try ladder.promotion(ladder.releases[1], to: "staging", name: "capsule")
            #expect(try await capsule.run() == .succeeded, "\(capsule.records)")
            if style.name == "native" {
                #expect(pair.status("witness") == .succeeded && capsule.status("witness") == .skipped)
            }
            #expect(try await ladder.audit("staging") == "reproduced")
        }
    }
}
