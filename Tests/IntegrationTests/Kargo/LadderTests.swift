import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import KargoTestSupport
import Signing
import Testing

private let fixture = Fixtures.directory + "/codeai"

extension PromotionRunner {
    /// Every step that was reached, and what it said.
    fileprivate var summary: String {
        records.map { "\($0.alias) \($0.status?.rawValue ?? "")\($0.message.isEmpty ? "" : ": \($0.message)")" }
            .joined(separator: "\n")
    }
}

/// The generated Stages, run with Kargo's semantics against everything real but Kargo.
@Suite(
    "A ladder that Kargo runs", .timeLimit(.minutes(4)),
    .needs("git", "kubectl", "docker-registry"))
struct LadderTests {
    static let styles = [
        Ladder.Style(name: "native", version: "1.11"), Ladder.Style(name: "native", version: "1.10"),
        Ladder.Style(name: "native", version: "1.11", tasks: true, statements: true),
        Ladder.Style(name: "service", version: "1.11", statements: true),
        Ladder.Style(name: "service", version: "1.9", tasks: true),
    ]

    @Test("goes up rung by rung with the bytes of `capsule promote`, and comes back", arguments: styles)
    func shop(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.shop, style) { try await climb($0) }
    }

    @Test(
        "does so for a real application",
        .needsFixture("codeai"),
        arguments: [styles[0], styles[1], styles[3]])
    func codeai(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.codeai, style) { try await climb($0) }
    }

    private func climb(_ ladder: Ladder) async throws {
        let (first, second) = (ladder.releases[0], ladder.releases[1])
        let names = ladder.application.stages.map(\.name)
        let (below, top) = (names.dropLast(), try #require(names.last))

        // The first promotion, and the same once more.
        for stage in below { try await passes(ladder, first, stage, "first-\(stage)") }
        let head = try await ladder.head("stage/\(names[0])")
        try await passes(ladder, first, names[0], "again")
        #expect(try await ladder.head("stage/\(names[0])") == head, "the same freight makes no commit")
        #expect(ladder.world.applicationUpdates.last?.desiredRevision == head)
        #expect(ladder.world.metadata(kind: "Stage", name: names[0])["release"]?.string == first.tag)

        // People merge; Kargo starts again from the first step in between, in both ways.
        try await merges(ladder, first, top, "review-first")

        // The next release; one whose freight is not what the capsule says stops at its verification.
        let other = "sha256:" + String(repeating: "0", count: 64)
        var wrong = try ladder.promotion(second, to: names[0], name: "wrong", image: other)
        let phase = try await wrong.run()
        #expect(phase != .succeeded)
        if ladder.style.version == "1.11" {
            #expect("\(phase)".contains(other), "the refusal itself is shown: \(phase)")
        }
        #expect(
            wrong.executions.allSatisfy { $0.hasSuffix("clone") || $0.hasSuffix("verify") || $0.hasSuffix("promote") })
        #expect(try await ladder.head("stage/\(names[0])") == head, "nothing runs after a failed verification")
        if names.count > 2 {
            var early = try ladder.promotion(second, to: names[1], name: "early")
            #expect(try await early.run() != .succeeded, "the rung below does not hold it yet")
        }
        for stage in below { try await passes(ladder, second, stage, "second-\(stage)") }

        // A review that is closed leaves the stage as it is; asked again, it can be merged.
        let before = try await ladder.head("stage/\(top)")
        var closed = try ladder.promotion(second, to: top, name: "closed")
        guard case .running = try await closed.run() else { throw ToolFailure(description: "it does not wait") }
        try ladder.world.forge.close(try #require(ladder.world.forge.pullRequests.last?.number), in: ladder.remote)
        #expect(try await closed.run() != .succeeded)
        #expect(try await ladder.head("stage/\(top)") == before)
        try await merges(ladder, second, top, "review-second")

        // Back, in production too.
        try await passes(ladder, first, names[0], "back-\(names[0])")
        try await merges(ladder, first, top, "review-back")
    }

    /// The registry alone says what a rung holds, and by which commit.
    private func states(_ ladder: Ladder, _ release: Ladder.Release, _ stage: String) async throws {
        guard ladder.style.statements else { return }
        let status = try await CapsuleProgram.run(
            ["status", "--registry", "\(ladder.host)/release", "--key", "promoter.pub", "--output", "json"],
            in: ladder.directory)
        let stages = try JSONParser.parse(Array(status.output.utf8), file: "status")["stages"]?.array ?? []
        let held = stages.first { $0["stage"]?.string == stage }?["held"]
        #expect(held?["capsule"]?.string == release.capsule, "\(stage): \(status.output)\(status.errors)")
        #expect(held?["commit"]?.string == (try await ladder.head("stage/\(stage)")), "\(stage): \(status.output)")
    }

    @Test("stops when the overlay that Kargo renders from is not the generated one")
    func editedOverlay() async throws {
        try await Ladder.with(Self.shop, Self.styles[0], climbs: false) { ladder in
            let file = "\(ladder.directory)/policy/apps/shop/kargo/render/staging/kustomization.yaml"
            let text = String(decoding: try readFile(file), as: UTF8.self)
            try writeFile(file, text + "nameSuffix: -edited\n")
            _ = try await Shop.commit("Edit what is generated", in: "\(ladder.directory)/policy", day: 5)
            try await Tool.output(
                ["git", "push", "-q", "../gitops.git", "main"], in: "\(ladder.directory)/policy")
            var promotion = try ladder.promotion(ladder.releases[0], to: "staging", name: "edited")
            let phase = try await promotion.run()
            #expect("\(phase)".contains("apps/shop/kargo/render/staging/kustomization.yaml"), "\(phase)")
            #expect("\(phase)".contains("capsule kargo generate"), "\(phase)")
            #expect(promotion.executions == ["clone", "verify"])
        }
    }

    @Test("stops before it pushes when nobody could attest afterwards")
    func unattested() async throws {
        try await Ladder.with(Self.shop, Self.styles[2], role: "verify", climbs: false) { ladder in
            var promotion = try ladder.promotion(ladder.releases[0], to: "staging", name: "unattested")
            let phase = try await promotion.run()
            #expect("\(phase)".contains("has no role attest"), "\(phase) \(promotion.summary)")
            #expect(promotion.executions.allSatisfy { $0.hasSuffix("clone") || $0.hasSuffix("verify") })
        }
    }

    @Test(
        "stops at a release that the stage's policy rejects, in both styles", arguments: [styles[0], styles[3]])
    func policy(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.shop, style) { ladder in
            let (root, release) = ("\(ladder.directory)/policy/apps/shop", ladder.releases[0])
            let key = SigningKey()
            try writeFile("\(root)/ci.pub", key.verificationKey.pem)
            try writeFile(
                "\(root)/policy.yaml",
                "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {ci: {file: ci.pub}}\n"
                    + "stages: {staging: {signatures: {keys: [ci]}}}\n")
            let text = String(decoding: try readFile("\(root)/capsule.yaml"), as: UTF8.self)
            try writeFile("\(root)/capsule.yaml", text.replacing("stages:", with: "policy: policy.yaml\nstages:"))
            // What is generated does not hang on the policy.
            let check = try await CapsuleProgram.run(
                ["kargo", "generate", "--check", "--config", "\(root)/capsule.yaml", "--to", "\(root)/kargo"],
                in: ladder.directory)
            try expectSuccess(check)
            _ = try await Shop.commit("Ask for signatures", in: "\(ladder.directory)/policy", day: 5)
            try await Tool.output(["git", "push", "-q", "../gitops.git", "main"], in: "\(ladder.directory)/policy")
            var refused = try ladder.promotion(release, to: "staging", name: "unsigned")
            let phase = try await refused.run()
            #expect("\(phase)".contains("evidence signature"), "\(phase) \(refused.summary)")
            #expect(
                refused.executions.allSatisfy { ["clone", "verify", "promote"].contains($0) }, "\(refused.summary)")
            // Kargo's clone makes the branch that is not there yet; nothing is written to it.
            let head = try await ladder.head("stage/staging")
            let files = try await Tool.output(
                ["sh", "-c", "git ls-tree -r --name-only stage/staging || true"], in: "\(ladder.directory)/gitops.git")
            #expect(files == "")
            let pem = try await Tool.output(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
            try writeFile("\(ladder.directory)/ci.pem", pem + "\n")
            let shown = try await CapsuleProgram.run(["keys", "public", "--key", "ci.pem"], in: ladder.directory)
            try writeFile("\(root)/ci.pub", shown.output)
            _ = try await Shop.commit("Take another key", in: "\(ladder.directory)/policy", day: 5)
            try await Tool.output(["git", "push", "-q", "../gitops.git", "main"], in: "\(ladder.directory)/policy")
            let signed = try await CapsuleProgram.run(
                ["sign", "\(ladder.host)/release:\(release.tag)", "--key", "ci.pem"], in: ladder.directory)
            try expectSuccess(signed)
            var promotion = try ladder.promotion(release, to: "staging", name: "signed")
            #expect(try await promotion.run() == .succeeded, "\(promotion.summary)")
            #expect(try await ladder.head("stage/staging") != head)
        }
    }

    private func passes(
        _ ladder: Ladder, _ release: Ladder.Release, _ stage: String, _ name: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var promotion = try ladder.promotion(release, to: stage, name: name)
        let phase = try await promotion.run()
        #expect(phase == .succeeded, "\(name): \(promotion.summary)", sourceLocation: sourceLocation)
        #expect(try await ladder.holds(stage, release), "\(name)", sourceLocation: sourceLocation)
        try await states(ladder, release, stage)
    }

    /// Promotes to a stage that people merge, with two restarts of the controller after the merge.
    private func merges(_ ladder: Ladder, _ release: Ladder.Release, _ stage: String, _ name: String) async throws {
        let forge = ladder.world.forge
        for remembers in [true, false] {
            var promotion = try ladder.promotion(release, to: stage, name: "\(name)-\(remembers)")
            let phase = try await promotion.run()
            if remembers {
                guard case .running = phase else {
                    throw ToolFailure(description: "\(name) does not wait: \(phase) \(promotion.summary)")
                }
                let request = try #require(forge.pullRequests.last)
                #expect(request.isOpen && request.target == "stage/\(stage)")
                #expect(request.title.contains("git-"), "\(request.title)")
                let reviewed = try await ladder.head(request.source)
                _ = try await forge.merge(request.number, in: ladder.remote)
                #expect(try await ladder.head(request.source) == reviewed, "what was reviewed is never replaced")
            }
            let count = forge.pullRequests.count
            try promotion.restart(rememberingOutputs: remembers)
            let end = try await promotion.run()
            #expect(end == .succeeded, "\(name): \(promotion.summary)")
            #expect(forge.pullRequests.count == count, "a replay opens nothing")
            #expect(try await ladder.holds(stage, release), "\(name)")
            try await states(ladder, release, stage)
            #expect(ladder.world.applicationUpdates.last?.desiredRevision == (try await ladder.head("stage/\(stage)")))
        }
    }

    private static let shop = Ladder.Application(
        name: "shop", root: "apps/shop",
        package: "{source: deploy/kustomize, include: [base, components], entry: base, imageName: shop}",
        stages: [
            ("staging", "{name: staging, auto: true}"), ("canary", "{name: canary, after: [staging]}"),
            ("production", "{name: production, after: [canary], review: pull-request}"),
        ]
    ) { directory, _ in
        _ = try await Shop.make(in: directory)
        try await Tool.output(["rm", "-rf", "\(directory)/gitops.git", "\(directory)/policy/capsule.yaml"])
    }

    private static let codeai = Ladder.Application(
        name: "codeai", root: "apps/codeai",
        package: "{source: k8s/kustomize, include: [base], imageName: code-dot-org}",
        stages: [
            ("staging", "{name: staging, auto: true}"), ("test", "{name: test, after: [staging]}"),
            ("levelbuilder", "{name: levelbuilder, after: [test]}"),
            ("production", "{name: production, after: [test], review: pull-request}"),
        ]
    ) { directory, host in
        for (from, to) in [("app", "app"), ("gitops", "policy")] {
            try await Tool.output(["cp", "-R", "\(fixture)/\(from)", "\(directory)/\(to)"])
            try await Tool.output(["chmod", "-R", "u+w", "\(directory)/\(to)"])
            try await Tool.output(["git", "init", "-q", "-b", "main", "\(directory)/\(to)"])
        }
        // Its patches name the image's repository, which is in the tests' registry here.
        try await Tool.output(
            ["sh", "-c", "grep -rl \"$1\" . | xargs sed -i \"s|$1|$2|g\"", "sh"]
                + ["ghcr.io/code-dot-org/code-dot-org", "\(host)/app"], in: "\(directory)/policy")
        // The fixture's own attempt at Kargo stands where the generated one goes.
        try await Tool.output(["rm", "-rf", "\(directory)/policy/apps/codeai/kargo"])
        try await Tool.output(
            ["git", "remote", "add", "origin", "https://github.com/code-dot-org/code-dot-org"], in: "\(directory)/app")
    }
}
