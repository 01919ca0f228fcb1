import Archive
import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import Documents
import FoundationEssentials
import KargoTestSupport
import Processes
import Signing
import Support
import Testing

private let fixture = Fixtures.directory + "/codeai"

extension PromotionRunner {
    /// The status and message of every step that was reached.
    fileprivate var summary: String {
        records.map { "\($0.alias) \($0.status?.rawValue ?? "")\($0.message.isEmpty ? "" : ": \($0.message)")" }
            .joined(separator: "\n")
    }
}

/// Runs the generated Stages with an interpreter of Kargo against a real registry, Git repository, kustomize and service.
@Suite(
    "Stages that Kargo runs", .timeLimit(.minutes(4)),
    .needs("git", "kubectl", "docker-registry"))
struct LadderTests {
    static let styles = [
        Ladder.Style(name: "native", version: "1.11"), Ladder.Style(name: "native", version: "1.10"),
        Ladder.Style(name: "native", version: "1.11", tasks: true, statements: true),
        Ladder.Style(name: "service", version: "1.11", statements: true),
        Ladder.Style(name: "service", version: "1.9", tasks: true),
    ]

    @Test(
        "promotes two releases through all stages with the bytes of `capsule promote`, and rolls back",
        arguments: [styles[2], styles[3]])
    func shop(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.shop, style) { ladder in
            try await climb(ladder, ladder.releases[0])
            try await follow(ladder, ladder.releases[1], after: ladder.releases[0])
        }
    }

    @Test(
        "promotes through all stages with the bytes of `capsule promote`",
        arguments: [styles[0], styles[1], styles[4]])
    func release(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.shop, style, days: [5]) { ladder in
            try await fails(ladder, ladder.releases[0])
            if style.version != "1.10" { try await survives(ladder, ladder.releases[0]) }
            try await climb(ladder, ladder.releases[0])
        }
    }

    @Test(
        "promotes a package that is its own entry", arguments: zip([styles[0], styles[3]], FlatLayoutTests.Layout.all))
    func flat(_ style: Ladder.Style, _ layout: FlatLayoutTests.Layout) async throws {
        var application = Self.shop
        application.package = layout.package
        application.prepare = { directory, _ in
            _ = try await FlatLayoutTests.rearranged(Shop.make(in: directory), layout)
            try await Tool.output(["rm", "-rf", "\(directory)/gitops.git", "\(directory)/policy/capsule.yaml"])
        }
        try await Ladder.with(application, style, days: [5]) { ladder in
            for stage in ["staging", "canary"] {
                try await passes(ladder, ladder.releases[0], stage, "first-\(stage)")
            }
        }
    }

    @Test(
        "promotes a real application through all stages",
        .needsFixture("codeai"),
        arguments: [styles[0], styles[3]])
    func codeai(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.codeai, style, days: [5]) { try await climb($0, $0.releases[0]) }
    }

    @Test(
        "keeps the namespaces that a stage allows with the bytes of `capsule promote`",
        arguments: [styles[0], styles[3]])
    func namespaces(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.spanning, style, days: [5]) { ladder in
            let release = ladder.releases[0]
            try await passes(ladder, release, "staging", "spanning")
            let files = try await Tool.output(
                ["git", "-C", "\(ladder.directory)/gitops.git", "ls-tree", "-r", "--name-only", "stage/staging"])
            #expect(files.contains("deploy/monitoring_v1_service_metrics.yaml"), "\(files)")
        }
    }

    /// Promotes a first release to all stages, the last of which has a review.
    private func climb(_ ladder: Ladder, _ release: Ladder.Release) async throws {
        let names = ladder.application.stages.map(\.name)
        // The first Promotion, and a second one of the same Freight.
        for stage in names.dropLast() { try await passes(ladder, release, stage, "first-\(stage)") }
        let head = try await ladder.head("stage/\(names[0])")
        try await passes(ladder, release, names[0], "again")
        #expect(try await ladder.head("stage/\(names[0])") == head, "the same Freight makes no commit")
        #expect(ladder.cluster.applicationUpdates.last?.desiredRevision == head)
        #expect(ladder.cluster.metadata(kind: "Stage", name: names[0])["release"]?.string == release.tag)
        // Kargo restarts from the first step, with and without the outputs.
        try await merges(ladder, release, try #require(names.last), "review-first")
    }

    /// Promotes the next release to all stages, and returns to the one before.
    private func follow(
        _ ladder: Ladder, _ release: Ladder.Release, after first: Ladder.Release
    ) async throws {
        let names = ladder.application.stages.map(\.name)
        let (below, top) = (names.dropLast(), try #require(names.last))
        try await fails(ladder, release)
        var early = try ladder.promotion(release, to: names[1], name: "early")
        #expect(try await early.run() != .succeeded, "the upstream stage does not hold the release yet")
        for stage in below { try await passes(ladder, release, stage, "second-\(stage)") }

        // A closed pull request leaves the stage unchanged; a new Promotion opens one that can be merged.
        let before = try await ladder.head("stage/\(top)")
        var closed = try ladder.promotion(release, to: top, name: "closed")
        guard case .running = try await closed.run() else { throw ToolFailure(description: "it does not wait") }
        try ladder.cluster.forge.close(try #require(ladder.cluster.forge.pullRequests.last?.number), in: ladder.remote)
        #expect(try await closed.run() != .succeeded)
        #expect(try await ladder.head("stage/\(top)") == before)
        try await merges(ladder, release, top, "review-second")

        // Rollback, also of the stage with a review.
        try await passes(ladder, first, names[0], "back-\(names[0])", backFrom: release)
        try await merges(ladder, first, top, "review-back", backFrom: release)
    }

    /// Checks that lost connections end no Promotion, unless they do not stop.
    func survives(_ ladder: Ladder, _ release: Ladder.Release) async throws {
        let (stage, steps) = (ladder.application.stages[0].name, ladder.remoteSteps)
        func endless(_ alias: String) async throws {
            var lost = try ladder.promotion(release, to: stage, name: "lost-\(alias.replacing("::", with: "-"))")
            lost.faults[alias] = .max
            // Only the fault passes without a pause: the service needs real time.
            if let before = lost.aliases.prefix(while: { $0 != alias }).last {
                _ = try await lost.run(stopAfter: before, pause: .milliseconds(100))
            }
            let phase = try await lost.run(pause: .zero)
            #expect("\(phase)".contains("connection reset by peer"), "\(alias): \(phase)")
            #expect(lost.executions.filter { $0 == alias }.count == 5, "\(alias): \(lost.executions)")
        }
        let head = try? await ladder.head("stage/\(stage)")
        for alias in steps.dropLast() { try await endless(alias) }
        // Kargo's clone makes the branch, with an empty commit.
        let files = try await Tool.run([
            "git", "-C", "\(ladder.directory)/gitops.git", "ls-tree", "-r", "stage/\(stage)",
        ])
        #expect(head != nil || files.text == "", "\(files.text)")
        var twice = try ladder.promotion(release, to: stage, name: "twice")
        for alias in steps { twice.faults[alias] = 2 }
        #expect(try await twice.run(pause: .milliseconds(100)) == .succeeded)
        #expect(Set(steps).isSubset(of: twice.executions), "\(twice.executions)")
        try await endless(try #require(steps.last))
    }

    /// Checks that a Promotion whose image differs from the capsule fails at its verification.
    private func fails(_ ladder: Ladder, _ release: Ladder.Release) async throws {
        let stage = ladder.application.stages[0].name
        let head = try await ladder.head("stage/\(stage)")
        let other = "sha256:" + String(repeating: "0", count: 64)
        var wrong = try ladder.promotion(release, to: stage, name: "wrong", image: other)
        let phase = try await wrong.run()
        #expect(phase != .succeeded)
        if ladder.style.version == "1.11" {
            #expect("\(phase)".contains(other), "the message contains the reason: \(phase)")
        }
        #expect(
            wrong.executions.allSatisfy { $0.hasSuffix("clone") || $0.hasSuffix("verify") || $0.hasSuffix("promote") })
        // Kargo's clone creates a branch that is missing; nothing is written to it.
        if !head.isEmpty {
            #expect(try await ladder.head("stage/\(stage)") == head, "nothing runs after a failed verification")
        }
    }

    /// Checks that `status --registry` reports the release and commit of a stage from statements alone.
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

    @Test("fails when the overlay that Kargo renders differs from the generated one")
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

    @Test("fails before the push when the service could not attest afterwards")
    func unattested() async throws {
        try await Ladder.with(Self.shop, Self.styles[2], role: "verify", climbs: false) { ladder in
            var promotion = try ladder.promotion(ladder.releases[0], to: "staging", name: "unattested")
            let phase = try await promotion.run()
            #expect("\(phase)".contains("does not have the role attest"), "\(phase) \(promotion.summary)")
            #expect(promotion.executions.allSatisfy { $0.hasSuffix("clone") || $0.hasSuffix("verify") })
        }
    }

    @Test(
        "fails in both styles when the policy of the stage rejects the release", arguments: [styles[0], styles[3]])
    func policy(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.shop, style, climbs: false) { ladder in
            let (root, release) = ("\(ladder.directory)/policy/apps/shop", ladder.releases[0])
            let key = SigningKey()
            try writeFile("\(root)/ci.pub", key.verificationKey.pem)
            try writeFile(
                "\(root)/policy.yaml",
                "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {ci: {file: ci.pub}}\n"
                    + "stages: {staging: {signatures: {keys: [ci]}}}\n")
            let text = String(decoding: try readFile("\(root)/capsule.yaml"), as: UTF8.self)
            try writeFile("\(root)/capsule.yaml", text.replacing("stages:", with: "policy: policy.yaml\nstages:"))
            // The generated files do not depend on the evidence policy.
            let check = try await CapsuleProgram.run(
                ["kargo", "generate", "--check", "--config", "\(root)/capsule.yaml", "--to", "\(root)/kargo"],
                in: ladder.directory)
            try expectSuccess(check)
            _ = try await Shop.commit("Require signatures", in: "\(ladder.directory)/policy", day: 5)
            try await Tool.output(["git", "push", "-q", "../gitops.git", "main"], in: "\(ladder.directory)/policy")
            var refused = try ladder.promotion(release, to: "staging", name: "unsigned")
            let phase = try await refused.run()
            #expect("\(phase)".contains("evidence signature"), "\(phase) \(refused.summary)")
            #expect(
                refused.executions.allSatisfy { ["clone", "verify", "promote"].contains($0) }, "\(refused.summary)")
            // Kargo's clone creates the missing branch; nothing is written to it.
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

    func passes(
        _ ladder: Ladder, _ release: Ladder.Release, _ stage: String, _ name: String,
        backFrom other: Ladder.Release? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var promotion = try ladder.promotion(release, to: stage, name: name)
        let phase = try await promotion.run()
        #expect(phase == .succeeded, "\(name): \(promotion.summary)", sourceLocation: sourceLocation)
        #expect(
            try await ladder.holds(stage, release, backFrom: other), "\(name)", sourceLocation: sourceLocation)
        try await states(ladder, release, stage)
    }

    /// Checks the evaluated title, body and labels of a pull request.
    private func expectText(
        of request: FakeForge.PullRequest, _ release: Ladder.Release, on stage: String, _ ladder: Ladder
    ) {
        #expect(request.title.contains("git-") && request.title.contains(stage), "\(request.title)")
        #expect(!request.title.contains("\n") && !request.title.contains("\""), "\(request.title)")
        #expect(request.labels == ["release-capsule"])
        #expect(request.description.utf8.count <= 4_000)
        for text in [
            "| \(stage.markdownCell) | holds now | after the merge |", "| `\(release.tag)` |", release.image,
            "\(ladder.host)/release@\(release.capsule)", "### Check it by hand", "### Gates", "- ✓ `order",
            "### Images", "### Rendered objects", "capsule audit --stage \(stage)",
        ] { #expect(request.description.contains(text), "\(text)\n\(request.description)") }
    }

    /// Promotes to a stage with a review, and restarts the controller twice after the merge.
    func merges(
        _ ladder: Ladder, _ release: Ladder.Release, _ stage: String, _ name: String,
        backFrom other: Ladder.Release? = nil
    ) async throws {
        let forge = ladder.cluster.forge
        for remembers in [true, false] {
            var promotion = try ladder.promotion(release, to: stage, name: "\(name)-\(remembers)")
            let phase = try await promotion.run()
            if remembers {
                guard case .running = phase else {
                    throw ToolFailure(description: "\(name) does not wait: \(phase) \(promotion.summary)")
                }
                let request = try #require(forge.pullRequests.last)
                #expect(request.isOpen && request.target == "stage/\(stage)")
                expectText(of: request, release, on: stage, ladder)
                let reviewed = try await ladder.head(request.source)
                _ = try await forge.merge(request.number, in: ladder.remote)
                #expect(try await ladder.head(request.source) == reviewed, "what was reviewed is never replaced")
            }
            let count = forge.pullRequests.count
            try promotion.restart(rememberingOutputs: remembers)
            let end = try await promotion.run()
            #expect(end == .succeeded, "\(name): \(promotion.summary)")
            #expect(forge.pullRequests.count == count, "a replay opens no pull request")
            #expect(try await ladder.holds(stage, release, backFrom: other), "\(name)")
            try await states(ladder, release, stage)
            #expect(
                ladder.cluster.applicationUpdates.last?.desiredRevision == (try await ladder.head("stage/\(stage)")))
        }
    }

    static let shop = Ladder.Application(
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

    /// The shop with an object in a namespace of its own, which the first stage allows.
    private static let spanning = Ladder.Application(
        name: "spanning", root: "apps/shop", package: shop.package,
        stages: [
            ("staging", "{name: staging, allowNamespaces: [monitoring]}"),
            ("production", "{name: production, after: [staging], review: pull-request}"),
        ]
    ) { directory, host in
        try await shop.prepare(directory, host)
        let path = "\(directory)/app/deploy/kustomize/base/service.yaml"
        let service = String(decoding: try readFile(path), as: UTF8.self)
        try writeFile(
            path,
            service + "---\napiVersion: v1\nkind: Service\nmetadata: {name: metrics, namespace: monitoring}\n"
                + "spec: {ports: [{port: 90}]}\n")
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
        // The patches of the fixture name the repository of the image, which is in the registry of the test.
        try await Tool.output(
            ["sh", "-c", "grep -rl \"$1\" . | xargs sed -i \"s|$1|$2|g\"", "sh"]
                + ["ghcr.io/code-dot-org/code-dot-org", "\(host)/app"], in: "\(directory)/policy")
        // The fixture contains hand-written Kargo manifests in the directory of the generated ones.
        try await Tool.output(["rm", "-rf", "\(directory)/policy/apps/codeai/kargo"])
        try await Tool.output(
            ["git", "remote", "add", "origin", "https://github.com/code-dot-org/code-dot-org"], in: "\(directory)/app")
    }
}
