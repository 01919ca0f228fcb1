import CapsuleTestSupport
import FoundationEssentials
import KargoTestSupport
import Testing

/// What ends how where the Git host, the controller or the cluster does not do what a Promotion expects.
@Suite("Stages that Kargo runs against the odds", .timeLimit(.minutes(4)), .needs("git", "kubectl", "docker-registry"))
struct LadderFaultTests {
    /// A stage without a review, and one that no test promotes to: the last stage of a ladder has a review.
    private static let direct: Ladder.Application = {
        var application = LadderTests.shop
        application.stages = [
            ("staging", "{name: staging}"), ("production", "{name: production, review: pull-request}"),
        ]
        return application
    }()
    private static let branch = "stage/staging"
    private static let forms = ["capsule", "pair"]
    private static let added = "apps/shop/deployments/staging/deploy/v1_configmap_added.yaml"
    private static let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\n"

    @Test(
        "a commit of others between clone and push is never deployed silently, whatever Kargo does with it",
        arguments: zip(KargoCluster.PushPolicy.allCases, [LadderTests.styles[0], LadderTests.styles[1]]))
    func raced(_ policy: KargoCluster.PushPolicy, _ style: Ladder.Style) async throws {
        let forms = policy == .rebase ? Self.forms : Self.forms.reversed()
        try await Ladder.with(Self.direct, style, forms: forms, climbs: false) { ladder in
            let cluster = ladder.cluster.changed(pushPolicy: policy)
            func promotion(_ index: Int, _ name: String) throws -> PromotionRunner {
                try ladder.promotion(ladder.releases[index], to: "staging", name: name, in: cluster)
            }
            var first = try promotion(0, "first")
            #expect(try await first.run() == .succeeded)
            #expect(first.status("combined") == .skipped)
            let count = cluster.applicationUpdates.count

            // Files that the promotion does not write: Kargo combines both.
            var raced = try promotion(1, "raced")
            raced.beforeStep = { alias in
                if alias == "push" { _ = try await ladder.commit([Self.added: Self.object], to: Self.branch) }
            }
            let phase = try await raced.run()
            #expect("\(phase)".contains("another commit reached stage/staging during this promotion"), "\(phase)")
            #expect(cluster.applicationUpdates.count == count, "Argo CD was not told")
            #expect(try await ladder.audit("staging") == "differs")
            var again = try promotion(1, "again")
            #expect(try await again.run() == .succeeded)
            #expect(try await ladder.audit("staging") == "reproduced")

            // The same file: a conflict.
            let record = "apps/shop/deployments/staging/release-metadata.yaml"
            var conflict = try promotion(0, "conflict")
            conflict.beforeStep = { alias in
                if alias == "push" { _ = try await ladder.commit([record: "schemaVersion: x\n"], to: Self.branch) }
            }
            let end = try await conflict.run()
            #expect("\(end)".contains("conflict"), "\(end)")
            #expect(try await ladder.audit("staging") != "reproduced")
        }
    }

    @Test("a commit of others during a promotion by the service is planned around", arguments: [LadderTests.styles[4]])
    func racedService(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.direct, style, forms: Self.forms, climbs: false) { ladder in
            var first = try ladder.promotion(ladder.releases[0], to: "staging", name: "first")
            #expect(try await first.run() == .succeeded)
            let racer = try await ladder.commit([Self.added: Self.object], to: Self.branch)
            let repository = "\(ladder.directory)/gitops.git"
            try await Tool.output(["git", "-C", repository, "branch", "-f", Self.branch, "\(racer)^"])
            // The push of the service meets a branch that moves once.
            try await hook(
                "update", in: repository,
                """
                [ "$1" = refs/heads/\(Self.branch) ] && mkdir moved 2>/dev/null || exit 0
                unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
                git update-ref refs/heads/\(Self.branch) \(racer)
                """)
            var raced = try ladder.promotion(ladder.releases[1], to: "staging", name: "raced")
            #expect(try await raced.run() == .succeeded, "\(raced.records)")
            #expect(FileManager.default.fileExists(atPath: "\(repository)/moved"))
            let log = try await Tool.output(["git", "-C", repository, "rev-list", Self.branch])
            #expect(log.contains(racer), "what others pushed stays in the history")
            #expect(try await ladder.audit("staging") == "reproduced")
        }
    }

    @Test(
        "a repository that refuses the push ends with its reason, and changes nothing",
        arguments: [LadderTests.styles[0], LadderTests.styles[3]])
    func refused(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.direct, style, forms: Self.forms, climbs: false) { ladder in
            let repository = "\(ladder.directory)/gitops.git"
            for release in ladder.releases {
                let before = try await ladder.files(Self.branch)
                var refused = try ladder.promotion(release, to: "staging", name: "refused-\(release.form)")
                refused.beforeStep = { alias in
                    // Kargo's clone makes the branch.
                    guard ["push", "promote"].contains(alias) else { return }
                    try await hook(
                        "pre-receive", in: repository, "echo \"the branch is frozen until Monday\" >&2; exit 1")
                }
                let phase = try await refused.run()
                #expect("\(phase)".contains("frozen until Monday"), "\(phase)")
                #expect(try await ladder.files(Self.branch) == before)
                #expect(!refused.executions.contains { $0.hasSuffix("argocd") })
                try FileManager.default.removeItem(atPath: "\(repository)/hooks/pre-receive")
                var again = try ladder.promotion(release, to: "staging", name: "again-\(release.form)")
                #expect(try await again.run() == .succeeded, "\(again.records)")
            }
        }
    }

    @Test(
        "a controller that restarts after each step ends as one that does not",
        arguments: [LadderTests.styles[0], LadderTests.styles[4]])
    func restarts(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.direct, style, forms: Self.forms) { ladder in
            for (index, release) in ladder.releases.enumerated() {
                var promotion = try ladder.promotion(release, to: "staging", name: "restarts-\(release.form)")
                var phase = try await promotion.run(stopAfter: style.tasks ? "promote::promote" : "clone")
                var steps = 0
                while case .stopped(let alias) = phase {
                    steps += 1
                    try promotion.restart(rememberingOutputs: steps % 2 == 0)
                    guard let next = promotion.aliases.drop(while: { $0 != alias }).dropFirst().first else { break }
                    phase = try await promotion.run(stopAfter: next)
                }
                #expect(steps == promotion.aliases.count)
                var last = try ladder.promotion(release, to: "staging", name: "last-\(release.form)")
                #expect(try await last.run() == .succeeded, "\(last.records)")
                #expect(try await ladder.holds("staging", release))
                let log = try await Tool.output(
                    ["git", "-C", "\(ladder.directory)/gitops.git", "log", "--format=%s", Self.branch])
                #expect(log.split(separator: "\n").count { $0.hasPrefix("Promote") } == index + 1, "\(log)")
            }
        }
    }

    @Test(
        "an Application that appears late is waited for; one that never appears, or a deployment that never gets ready, ends the Promotion, and the stage holds it",
        arguments: [LadderTests.styles[0], LadderTests.styles[4]])
    func deployment(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.direct, style, forms: Self.forms) { ladder in
            // An empty cluster, on which the first automatic promotion comes before the ApplicationSet.
            var late = ladder.cluster.applications
            for index in late.indices { late[index].absentLooks = 4 }
            var first = try ladder.promotion(
                ladder.releases[0], to: "staging", name: "first", in: ladder.cluster.changed(applications: late))
            #expect(try await first.run() == .succeeded, "\(first.records)")
            #expect(first.executions.count { $0.hasSuffix("argocd") } == 5, "\(first.executions)")

            let release = ladder.releases[1]
            var slow = ladder.cluster.applications
            for index in slow.indices { slow[index].getsReady = false }
            for (name, applications, words) in [
                ("missing", [], "unable to find Argo CD Application shop-staging"), ("slow", slow, "timed out after"),
            ] {
                var promotion = try ladder.promotion(
                    release, to: "staging", name: name, in: ladder.cluster.changed(applications: applications))
                // Only the wait for the cluster passes without a pause: the service needs real time.
                let before = promotion.aliases.drop { !$0.hasSuffix("promote") && $0 != "combined" }.first
                _ = try await promotion.run(stopAfter: before)
                let phase = try await promotion.run(pause: .zero)
                #expect("\(phase)".contains(words), "\(name): \(phase)")
                #expect(try await ladder.holds("staging", release))
                #expect(promotion.status(promotion.aliases.last ?? "") == .skipped, "nothing is remembered as deployed")
            }
            var again = try ladder.promotion(release, to: "staging", name: "again")
            #expect(try await again.run() == .succeeded, "\(again.records)")
        }
    }

    private func hook(_ name: String, in repository: String, _ body: String) async throws {
        try await writeProgram("\(repository)/hooks/\(name)", "#!/bin/sh\n\(body)\n")
    }
}
