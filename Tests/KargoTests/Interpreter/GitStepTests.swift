import CapsuleCore
import CapsuleTestSupport
import Documents
import GitOps
import KargoTestSupport
import OCI
import Support
import Testing

@Suite("Git's steps, interpreted")
struct GitStepTests {
    /// Copies the policy to a stage branch.
    static func steps(push: String = "targetBranch: stage/staging", more: String = "") -> String {
        """
        - uses: git-clone
          as: clone
          config:
            repoURL: \(Bench.remote)
            checkout:
              - {as: src, path: ./src, branch: main}
              - {path: ./out, branch: stage/staging, create: true}
        - {uses: git-clear, as: clear, config: {path: ./out}}
        - {uses: copy, as: copy, config: {inPath: ./src/policy, outPath: ./out/deploy}}
        - {uses: git-commit, as: commit, config: {path: ./out, message: "Promote"}}
        - {uses: git-push, as: push, if: "${{ status('commit') == 'Succeeded' }}", config: {path: ./out, \(push)}}
        \(more)
        """
    }

    @Test("create, fill and push a branch; a second run has nothing to commit")
    func ladder() async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion(Self.steps())
            #expect(try await runner.run() == .succeeded)
            #expect(try await bench.git("ls-tree", "-r", "--name-only", "stage/staging") == "deploy/settings.yaml")
            #expect(
                try await bench.git("log", "--format=%an %s", "stage/staging") == "Kargo Promote\nKargo Initial commit")
            let head = try await bench.git("rev-parse", "stage/staging")
            #expect(runner.outputs["push"] == .members(["commit": .string(head), "branch": "stage/staging"]))
            #expect(runner.outputs["clone"]?["commits"]?["src"]?.string?.count == 40)
            #expect(runner.outputs["clone"]?["commits"]?["./out"]?.string?.count == 40)

            var again = try bench.promotion(Self.steps(), name: "promotion-2")
            #expect(try await again.run() == .succeeded)
            #expect(again.status("commit") == .skipped)
            #expect(again.status("push") == .skipped)
            #expect(try await bench.git("rev-parse", "stage/staging") == head)
        }
    }

    @Test("a file that was removed from the policy is removed from the branch, because the branch is cleared")
    func clear() async throws {
        try await Bench.with(files: ["policy/a": "a", "policy/b": "b"]) { bench in
            _ = try await bench.run(Self.steps())
            try await Tool.output(["git", "rm", "-q", "policy/a"], in: "\(bench.directory)/policy")
            try await bench.commit("Drop a")
            #expect(try await bench.run(Self.steps()).0 == .succeeded)
            #expect(try await bench.git("ls-tree", "-r", "--name-only", "stage/staging") == "deploy/b")
        }
    }

    @Test("clearing a missing directory and checking out a missing branch are errors")
    func missing() async throws {
        try await Bench.with { bench in
            let (_, runner) = try await bench.run(
                """
                - {uses: git-clone, as: clone, config: {repoURL: "\(Bench.remote)", checkout: [{path: ./out, branch: stage/x, create: true}]}}
                - {uses: git-clear, as: clear, config: {path: ./out/apps/shop}}
                """)
            #expect(runner.status("clear") == .errored)
            let (phase, _) = try await bench.run(
                "- {uses: git-clone, as: clone, config: {repoURL: \"\(Bench.remote)\", checkout: [{path: ./out, branch: none}]}}"
            )
            #expect(phase.isErrored)
        }
    }

    @Test("a push rebases onto concurrent pushes, and fails on a conflict")
    func rebase() async throws {
        try await Bench.with { bench in
            _ = try await bench.run(Self.steps())
            for (content, conflicts) in [("other/file", false), ("deploy/settings.yaml", true)] {
                var runner = try bench.promotion(Self.steps(), name: "promotion-\(conflicts)")
                runner.beforeStep = { alias in
                    guard alias == "push" else { return }
                    let clone = "\(bench.directory)/clone-\(conflicts)"
                    try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", bench.repository, clone])
                    try writeFile("\(clone)/\(content)", "theirs\n")
                    try await Tool.output(["git", "add", "-A"], in: clone)
                    try await Tool.output(["git", "commit", "-q", "-m", "Theirs"], in: clone)
                    try await Tool.output(["git", "push", "-q"], in: clone)
                }
                try writeFile("\(bench.directory)/policy/policy/settings.yaml", "ours: \(conflicts)\n")
                try await bench.commit("Change")
                let phase = try await runner.run()
                #expect(phase.isErrored == conflicts, "\(phase)")
                let log = try await bench.git("log", "--format=%s", "-2", "stage/staging")
                #expect(log == (conflicts ? "Theirs\nPromote" : "Promote\nTheirs"))
            }
        }
    }

    @Test(
        "a push that took a commit of others along is found by its commit, also by the only step of 1.9 that can fail")
    func combined() async throws {
        try await Bench.with(minorVersion: 9) { bench in
            let condition = "success() && status('push') == 'Succeeded' && outputs.push.commit != outputs.commit.commit"
            let more = """
                - uses: copy
                  as: combined
                  if: "${{ \(condition) }}"
                  config: {inPath: "./another commit reached stage staging - promote again", outPath: ./combined}
                """
            var alone = try bench.promotion(Self.steps(more: more))
            #expect(try await alone.run() == .succeeded)
            #expect(alone.status("combined") == .skipped)
            try writeFile("\(bench.directory)/policy/policy/settings.yaml", "ours: true\n")
            try await bench.commit("Change")
            var raced = try bench.promotion(Self.steps(more: more), name: "promotion-2")
            raced.beforeStep = { alias in
                guard alias == "push" else { return }
                let clone = "\(bench.directory)/clone"
                try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", bench.repository, clone])
                try writeFile("\(clone)/other/file", "theirs\n")
                try await Tool.output(["git", "add", "-A"], in: clone)
                try await Tool.output(["git", "commit", "-q", "-m", "Theirs"], in: clone)
                try await Tool.output(["git", "push", "-q"], in: clone)
            }
            let phase = try await raced.run()
            #expect("\(phase)".contains("another commit reached stage staging - promote again"), "\(phase)")
        }
    }

    @Test("a sparse checkout contains only the requested paths")
    func sparse() async throws {
        try await Bench.with(files: ["policy/a": "a", "other/b": "b"]) { bench in
            let (phase, runner) = try await bench.run(
                "- {uses: git-clone, as: clone, config: {repoURL: \"\(Bench.remote)\", checkout: [{path: ./src, branch: main, sparse: [policy]}]}}"
            )
            #expect(phase == .succeeded)
            #expect(listTree("\(runner.workDirectory)/src").filter { !$0.hasPrefix(".git") } == ["policy", "policy/a"])
        }
    }

    static let review = """
        - {uses: git-open-pr, as: open, if: "${{ success() }}", config: {repoURL: "\(Bench.remote)", sourceBranch: "${{ outputs.push.branch }}", targetBranch: stage/staging}}
        - {uses: git-wait-for-pr, as: wait, config: {repoURL: "\(Bench.remote)", prNumber: "${{ outputs.open.pr.id }}"}}
        """

    @Test("a pull request is opened and awaited, and its merge commit is the output")
    func merge() async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion(Self.steps(push: "generateTargetBranch: true", more: Self.review))
            #expect(try await runner.run() == .running(step: "wait"))
            let request = try #require(bench.cluster.forge.pullRequests.first)
            #expect(request.title == "Promote")
            #expect(request.source == "kargo/promotion/promotion-1")
            #expect(try await runner.run() == .running(step: "wait"))
            let commit = try await bench.cluster.forge.merge(1, in: Bench.remote)
            #expect(try await runner.run() == .succeeded)
            #expect(runner.outputs["wait"] == .members(["commit": .string(commit)]))
            #expect(try await bench.git("rev-parse", "stage/staging") == commit)
            #expect(try await bench.git("ls-tree", "-r", "--name-only", "stage/staging") == "deploy/settings.yaml")
        }
    }

    @Test("a pull request that is closed without a merge fails the Promotion")
    func close() async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion(Self.steps(push: "generateTargetBranch: true", more: Self.review))
            _ = try await runner.run()
            try bench.cluster.forge.close(1, in: Bench.remote)
            #expect(try await runner.run().isErrored)
            #expect(runner.message("wait")?.contains("closed without being merged") == true)
        }
    }

    @Test("after a restart the pull request of the same commit is adopted, and another commit opens a new one")
    func adopt() async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion(Self.steps(push: "generateTargetBranch: true", more: Self.review))
            _ = try await runner.run()
            try runner.restart(rememberingOutputs: true)
            #expect(try await runner.run() == .running(step: "wait"))
            #expect(bench.cluster.forge.pullRequests.count == 1)
            try writeFile("\(bench.directory)/policy/policy/settings.yaml", "moved: true\n")
            try await bench.commit("Move on")
            try runner.restart(rememberingOutputs: false)
            #expect(try await runner.run() == .running(step: "wait"))
            #expect(bench.cluster.forge.pullRequests.count == 2)
        }
    }

    @Test("without a difference no pull request is opened, and waiting for it without a condition fails")
    func nothing() async throws {
        try await Bench.with { bench in
            _ = try await bench.run(Self.steps())
            let more = Self.review.replacing("${{ outputs.push.branch }}", with: "stage/staging")
            let (phase, runner) = try await bench.run(Self.steps(more: more))
            #expect(runner.status("open") == .skipped)
            #expect(runner.status("wait") == .errored)
            #expect(phase.isErrored)
        }
    }
}
