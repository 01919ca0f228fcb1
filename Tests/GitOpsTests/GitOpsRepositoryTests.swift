import Archive
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
@testable import Rendering

@Suite("The GitOps repository", .timeLimit(.minutes(3)))
struct GitOpsRepositoryTests {
    @Test("reads policy, deployments and configuration at the branch", arguments: [true, false])
    func policy(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory)
            fixture.useFileTransport = useFile
            try await fixture.commitPolicy([
                "apps/shop/deployments/staging/deploy/old.yaml": "rendered\n",
                "apps/shop/deployments/staging/release-metadata.yaml": "x\n",
                "apps/shop/deployments/staging/values.yaml": "a: b\n", "apps/shop/envTypes/shared/x.yaml": "x: y\n",
            ])
            try await fixture.with { _, snapshot in
                let policy = try await snapshot.environmentPolicy(
                    root: RelativePath("apps/shop"), deployments: ["staging", "test"])
                #expect(policy.deployments == ["production", "staging", "test"])
                let deployment = try policy.deployment("staging")
                #expect(deployment.namespace == "staging")
                let tree = policy.tree(for: deployment)
                #expect(
                    tree.files.map(\.path.description) == [
                        "deployments/staging/deployment.yaml", "deployments/staging/values.yaml",
                        "envTypes/production/kustomization.yaml", "envTypes/shared/x.yaml",
                        "envTypes/staging/kustomization.yaml", "envTypes/test/kustomization.yaml",
                    ])
                #expect(tree.commit == snapshot.commit.id)
                #expect(try await snapshot.configuration().gitops.root?.description == "apps/shop")
                #expect(try await snapshot.configuration(root: RelativePath("apps/shop")).application == "shop")
                #expect(try await snapshot.hasFile(RelativePath("README.md")))
                #expect(try await !snapshot.hasFile(RelativePath("apps/shop")))
            }
        }
    }

    @Test("makes the repository of new commits when it is first used")
    func writing() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/repository")
            try await GitOpsRepository.with(GitRemote(repository.path), git: testGit(), cacheDirectory: nil) { opened in
                let path = opened.store.current.writing.path
                #expect(listTree(path).isEmpty)
                for _ in 0..<2 {
                    let made = try opened.writing.path
                    #expect(made == path)
                    #expect(listTree(path).contains("HEAD"))
                }
            }
        }
    }

    @Test("reads the branches of a repository on this machine as a remote would list them")
    func localBranches() async throws {
        try await withTemporaryDirectory { directory in
            let repository = try await TestRepository.create("\(directory)/repository")
            func heads(_ address: String) async throws -> GitOpsHeads {
                try await GitOpsRepository.with(GitRemote(address), git: testGit(), cacheDirectory: nil) { $0.heads }
            }
            func expectSame() async throws {
                let (local, listed) = (
                    try await heads(repository.path), try await heads("file://\(repository.path)")
                )
                #expect(local.branches == listed.branches)
                #expect(local.defaultBranch == listed.defaultBranch)
            }
            try await expectSame()
            let commit = try await repository.commit(["a/b": "c"])
            try await repository.git("branch", "stage/test")
            try await repository.git("tag", "v1")
            try await expectSame()
            #expect(try await heads(repository.path).defaultBranch == .main)
            try await repository.git("checkout", "-q", "stage/test")
            try await expectSame()
            try await repository.git("checkout", "-q", commit)
            try await expectSame()
            #expect(try await heads(repository.path).branches.count == 2)
            // Git itself would find the repository above.
            await #expect(throws: GitError.self) { try await heads("\(repository.path)/a") }
            let missing = await #expect(throws: GitError.self) { try await heads("\(directory)/nothing") }
            #expect(missing?.message.contains("nothing") == true)
        }
    }

    @Test("lists the deployments there are when one is not")
    func noDeployment() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.with { _, snapshot in
                let policy = try await snapshot.environmentPolicy(
                    root: RelativePath("apps/shop"), deployments: ["prod"])
                let error = #expect(throws: CapsuleError.self) { try policy.deployment("prod") }
                #expect(error?.code == .notFound)
                #expect(error?.message.contains("production, staging, test") == true)
                #expect(error?.message.contains("apps/shop/deployments/prod/deployment.yaml") == true)
                let top = try await snapshot.environmentPolicy(root: nil, deployments: ["prod"])
                #expect(throws: CapsuleError.self) { try top.deployment("../x") }
            }
        }
    }

    @Test(
        "refuses a symlink or submodule in policy and names it, and never shows what it points to",
        arguments: [
            "envTypes/staging/patch.yaml", "envTypes/link", "deployments/staging/values.yaml",
            "deployments/staging/deployment.yaml",
        ])
    func symlinks(path: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try writeFile("\(directory)/secret", "hunter2")
            let link = "\(fixture.policy.path)/apps/shop/\(path)"
            try await Tool.output(["ln", "-sf", "\(directory)/secret", link])
            try await fixture.commitPolicy([:])
            try await fixture.with { _, snapshot in
                let error = await #expect(throws: CapsuleError.self) {
                    try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
                }
                #expect(error?.description.contains("apps/shop/\(path): is a symlink") == true)
                #expect(error?.description.contains("hunter2") == false)
            }
        }
    }

    @Test("does not mind symlinks that no render reads")
    func otherSymlinks() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await Tool.output(["ln", "-s", "/etc", "\(fixture.policy.path)/etc"])
            try await Tool.output(["ln", "-s", "/etc", "\(fixture.policy.path)/apps/shop/deployments/test/x"])
            try await fixture.commitPolicy([:])
            try await fixture.with { _, snapshot in
                let policy = try await snapshot.environmentPolicy(
                    root: RelativePath("apps/shop"), deployments: ["staging"])
                #expect(try policy.deployment("staging").name == "staging")
                #expect(policy.deployments.contains("test"))
            }
        }
    }

    @Test("fetches the files that are read, and no others")
    func lean() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            var files: [String: String] = [:]
            for index in 0..<200 { files["other/\(index % 10)/\(index).yaml"] = "other \(index)\n" }
            for round in 0..<3 {
                files["other/round"] = "\(round)\n"
                try await fixture.commitPolicy(files)
            }
            try await fixture.with { _, snapshot in
                _ = try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
            }
            let cache = try #require(listTree("\(directory)/cache").first { $0.hasSuffix(".git") })
            let objects = try await Tool.output(
                ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
                in: "\(directory)/cache/\(cache)")
            let kinds = objects.split(separator: "\n")
            #expect(kinds.count { $0 == "commit" } == 1)
            #expect(kinds.count { $0 == "blob" } == 4)
        }
    }

    @Test("asks only for the branches when nothing has changed")
    func warm() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            func read(_ runner: any CommandRunner) async throws {
                try await fixture.with(runner: runner) { _, snapshot in
                    _ = try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
                }
            }
            try await read(SystemCommandRunner())
            let recorder = RecordingRunner()
            try await read(recorder)
            #expect(recorder.commands.count { $0.contains("fetch") } == 0)
            #expect(recorder.commands.count { $0.contains("ls-remote") } == 1)
        }
    }

    @Test("works with a server that filters nothing and gives out no single objects")
    func plainServer() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            for (key, value) in [
                ("uploadpack.allowFilter", "false"), ("uploadpack.allowAnySHA1InWant", "false"),
                ("uploadpack.advertiseRefs", "true"),
            ] { _ = try await fixture.git("config", key, value) }
            let runner = ProtocolZeroRunner()
            #expect(try await fixture.promote(TestRelease(1), to: "staging", runner: runner).outcome == .promoted)
            #expect(try await fixture.promote(TestRelease(2), to: "staging", runner: runner).outcome == .promoted)
        }
    }

    @Test("makes a damaged cache again", arguments: ["config", "objects", "HEAD", "lock", "garbage", "blob"])
    func damaged(what: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            let cache =
                "\(directory)/cache/" + (try #require(listTree("\(directory)/cache").first { $0.hasSuffix(".git") }))
            try await fixture.promote(TestRelease(2), to: "staging")
            switch what {
            case "config": try writeFile("\(cache)/config", "[core\n")
            case "objects": try await Tool.output(["rm", "-rf", "\(cache)/objects"])
            case "HEAD": try await Tool.output(["rm", "-f", "\(cache)/HEAD"])
            case "lock":
                // What a killed fetch leaves behind.
                try writeFile("\(cache)/shallow.lock", "")
                try await fixture.commitPolicy(["x": "y"])
            default:
                for name in listTree("\(cache)/objects") where name.contains("/") && !name.hasSuffix(".promisor") {
                    let path = "\(cache)/objects/\(name)"
                    var bytes = try readFile(path)
                    guard !bytes.isEmpty else { continue }
                    if what == "garbage" { bytes = Array("garbage".utf8) } else { bytes[bytes.count / 2] ^= 0xFF }
                    try await Tool.output(["rm", "-f", path])
                    try writeFile(path, bytes)
                }
            }
            let receipt = try await fixture.promote(TestRelease(3), to: "staging")
            #expect(receipt.outcome == .promoted)
            #expect(try await fixture.log("stage/staging").count == 3)
            #expect(try await fixture.git("fsck", "--strict", "--no-dangling") == "")
        }
    }

    @Test(
        "does without a cache that cannot be written, and leaves nothing behind",
        arguments: ["/proc/none", "/dev/null/x"])
    func noCache(path: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            #expect(try await fixture.promote(TestRelease(1), to: "staging", cache: path).outcome == .promoted)
            #expect(!listTree(directory).contains { $0.contains(".partial-") })
        }
    }

    @Test("says what is missing: repository, branch, commit")
    func missing() async throws {
        try await withTemporaryDirectory { directory in
            let git = testGit()
            func open(_ address: String, _ revision: String) async throws {
                let remote = try GitRemote(address)
                try await GitOpsRepository.with(remote, git: git, cacheDirectory: nil) { repository in
                    _ = try await repository.snapshot(at: revision)
                }
            }
            for address in ["file://\(directory)/none.git", "\(directory)/none"] {
                let error = await #expect(throws: GitError.self) { try await open(address, "main") }
                #expect(error?.code == .unavailable, "\(error?.message ?? "")")
            }
            try await Tool.output(["git", "init", "-q", "--bare", "\(directory)/empty.git"])
            for address in ["file://\(directory)/empty.git", "\(directory)/empty.git"] {
                let error = await #expect(throws: GitError.self) { try await open(address, "main") }
                #expect(error?.code == .notFound)
                #expect(error?.message.contains("no branches") == true)
            }
            let fixture = try await PromotionFixture.create(directory)
            for address in ["file://\(fixture.remote)", fixture.remote] {
                for revision in ["release", String(repeating: "1", count: 40), "--all", "main~1", "0123abc"] {
                    let error = await #expect(throws: GitError.self) { try await open(address, revision) }
                    #expect([.notFound, .invalidName].contains(error?.code), "\(revision): \(error?.message ?? "")")
                }
                try await open(address, try await fixture.git("rev-parse", "main"))
            }
            let refused = await #expect(throws: GitError.self) {
                try await open("https://127.0.0.1:1/x.git", "main")
            }
            #expect(refused?.code == .unavailable)
        }
    }

    @Test(
        "reads and promotes in a clone with a work tree, shallow or not, without touching it", arguments: [false, true])
    func workTree(shallow: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.commitPolicy(["more": "x"])
            for number in 1...2 { try await fixture.promote(TestRelease(number), to: "staging") }
            let clone = TestRepository(path: "\(directory)/clone: \"odd\"")
            try await Tool.output(
                ["git", "clone", "-q", "--no-single-branch"] + (shallow ? ["--depth=1"] : []) + [
                    "file://\(fixture.remote)", clone.path,
                ])
            try await clone.git("branch", "stage/staging", "origin/stage/staging")
            try clone.write(["README.md": "dirty"])
            let status = try await clone.git("status", "--porcelain")
            let remote = try GitRemote(clone.path)
            #expect(remote.transport == .path)
            let receipt = try await fixture.with(remote: clone.path) { promoter, snapshot in
                try await promoter.promote([
                    TestRelease(3).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                ]).first?.receipt
            }
            #expect(receipt?.outcome == .promoted)
            #expect(try await clone.git("rev-parse", "stage/staging") == receipt?.commit?.description)
            #expect(try await clone.git("status", "--porcelain") == status)
            #expect(try await clone.git("fsck", "--strict", "--no-dangling") == "")
        }
    }

    @Test("runs nothing that repositories, their configuration or their hooks on this side name")
    func hostile() async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory)
            let marker = "\(directory)/marker"
            try await fixture.commitPolicy([
                ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf\n",
                ".gitmodules":
                    "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch \(marker)\n\tupdate = !touch \(marker)\n",
                ".lfsconfig": "[lfs]\n\turl = ext::touch \(marker)\n",
            ])
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", fixture.remote, clone.path])
            let hooks = [
                "pre-push", "post-checkout", "reference-transaction", "pre-commit", "post-commit", "fsmonitor-watchman",
            ]
            for program in ["evil"] + hooks.map({ "clone/.git/hooks/\($0)" }) {
                try await writeProgram("\(directory)/\(program)", "#!/bin/sh\ntouch \(marker)\n")
            }
            for key in [
                "core.fsmonitor", "core.sshCommand", "core.editor", "core.pager", "filter.evil.clean",
                "filter.evil.smudge",
                "filter.evil.process", "diff.external", "gpg.program", "core.alternateRefsCommand", "credential.helper",
                "core.gitProxy", "core.askPass", "diff.evil.textconv", "merge.evil.driver",
            ] { try await clone.git("config", key, "\(directory)/evil") }
            for (key, value) in [
                ("log.showSignature", "true"), ("commit.gpgSign", "true"), ("protocol.ext.allow", "always"),
                ("url.ext::\(directory)/evil .insteadOf", "file://"), ("remote.pushDefault", "ext::\(directory)/evil"),
            ] { try await clone.git("config", key, value) }
            // The receiving side of a local push is a server of its own; what is asked here is about reading.
            fixture.useFileTransport = false
            try await fixture.with(remote: clone.path) { promoter, snapshot in
                _ = try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
                _ = try await promoter.plan([
                    TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                ])
                _ = try await promoter.branches.stagesAndReviews()
            }
            fixture.useFileTransport = true
            #expect(try await fixture.promote(TestRelease(1), to: "staging").outcome == .promoted)
            #expect(!listTree(directory).contains("marker"))
        }
    }

    /// What Git takes for `.git` on one file system or another.
    static let gitNames = [
        ".git", ".GIT", ".Git", ".git ", ".git.", ".git . .", "git~1", "GIT~1", ".g\u{200C}it", ".gi\u{FEFF}t",
        ".git::$INDEX_ALLOCATION", ".git:x",
    ]

    @Test("runs nothing from directories that some file system takes for .git, and refuses them in a package")
    func gitSpellings() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let marker = "\(directory)/marker"
            try writeFile("\(directory)/hook", "#!/bin/sh\ntouch \(marker)\n")
            try writeFile(
                "\(directory)/config", "[core]\n\tfsmonitor = touch \(marker)\n\tsshCommand = touch \(marker)\n")
            func mktree(_ entries: [(mode: String, id: String, name: String)]) async throws -> String {
                let lines = entries.map { "\($0.mode) \($0.mode == "040000" ? "tree" : "blob") \($0.id)\t\($0.name)\0" }
                return try await Tool.output(
                    ["git", "mktree", "-z"], in: fixture.remote, input: Array(lines.joined().utf8))
            }
            let hook = try await fixture.git("hash-object", "-w", "../hook")
            let config = try await fixture.git("hash-object", "-w", "../config")
            let hooks = try await mktree(
                ["post-checkout", "pre-push", "reference-transaction"].map { ("100755", hook, $0) })
            let head = try await fixture.git("hash-object", "-w", "--stdin")
            let fake = try await mktree([
                ("100644", config, "config"), ("040000", hooks, "hooks"), ("100644", head, "HEAD"),
            ])
            // At the top, and in the policy that a render reads.
            let staging = "apps/shop/envTypes/staging"
            let component = try await fixture.git("rev-parse", "main:\(staging)/kustomization.yaml")
            let policy = try await mktree(
                [("100644", component, "kustomization.yaml")] + Self.gitNames.map { ("040000", fake, $0) })
            func top(_ path: [Substring], _ revision: String, _ replacement: String) async throws -> String {
                guard let first = path.first else { return replacement }
                let inner = try await top(
                    Array(path.dropFirst()), "\(revision)\(revision.hasSuffix(":") ? "" : "/")\(first)", replacement)
                let listing = try await fixture.git("ls-tree", "-z", revision)
                var entries = listing.split(separator: "\0").map { line in
                    let parts = line.split(separator: "\t", maxSplits: 1)
                    let words = parts[0].split(separator: " ")
                    return (mode: String(words[0]), id: String(words[2]), name: String(parts[1]))
                }.filter { $0.name != first }
                entries.append(("040000", inner, String(first)))
                if revision == "main:" { entries += Self.gitNames.map { ("040000", fake, $0) } }
                return try await mktree(entries)
            }
            let tree = try await top(staging.split(separator: "/"), "main:", policy)
            let commit = try await fixture.git("commit-tree", "-p", "main", "-m", "Hostile", tree)
            _ = try await fixture.git("update-ref", "refs/heads/main", commit)
            try await fixture.with { promoter, snapshot in
                _ = try await snapshot.environmentPolicy(root: RelativePath("apps/shop"), deployments: ["staging"])
                _ = try await promoter.promote([
                    TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                ])
            }
            #expect(!listTree(directory).contains("marker"))
            #expect(
                try await fixture.files("stage/staging").allSatisfy {
                    $0.hasPrefix("apps/") || $0 == "hydrator.metadata"
                })
        }
    }

    @Test("reports a stage branch with missing trees as damaged, and not as a stage that holds nothing")
    func missingTrees() async throws {
        try await withTemporaryDirectory { directory in
            for path in ["", "apps/shop", "apps/shop/deployments/staging", "apps/shop/deployments/staging/deploy"] {
                var fixture = try await PromotionFixture.create("\(directory)/\(path.count)")
                fixture.useFileTransport = false
                try await fixture.promote(TestRelease(1), to: "staging")
                let tree = try await fixture.git("rev-parse", "stage/staging:\(path)")
                try await Tool.output([
                    "rm", "-f", "\(fixture.remote)/objects/\(tree.prefix(2))/\(tree.dropFirst(2))",
                ])
                let error = await #expect(throws: GitError.self) {
                    try await fixture.promote(TestRelease(2), to: "staging")
                }
                #expect(error?.code == .corrupt, "\(path): \(error?.message ?? "")")
            }
        }
    }

    @Test("gives programs that Git runs no secret of this process's surroundings but what logins need")
    func environment() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let recorder = EnvironmentRunner()
            _ = try await fixture.with(
                runner: recorder,
                environment: [
                    "GITHUB_TOKEN": "s3cret", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor",
                    "GIT_CONFIG_VALUE_0": "evil", "GIT_DIR": "/elsewhere", "GIT_INDEX_FILE": "/x", "LD_PRELOAD": "/x",
                    "GIT_EXTERNAL_DIFF": "evil", "GIT_ASKPASS": "/bin/askpass", "GIT_EXEC_PATH": "/x", "GIT_TRACE": "1",
                ]
            ) { promoter, snapshot in
                try await promoter.promote([
                    TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                ])
            }
            let names = recorder.names
            #expect(
                names.isDisjoint(with: [
                    "GITHUB_TOKEN", "GIT_CONFIG_COUNT", "GIT_DIR", "GIT_INDEX_FILE", "LD_PRELOAD", "GIT_EXTERNAL_DIFF",
                    "GIT_EXEC_PATH", "GIT_TRACE", "GIT_ASKPASS", "HOME",
                ]))
        }
    }

    @Test("reads the fixture", .needsFixture("codeai"))
    func fixtureTree() async throws {
        try await withTemporaryDirectory { directory in
            let work = try await TestRepository.create("\(directory)/gitops")
            try await Tool.output(["cp", "-r", "\(Fixtures.codeAI)/gitops/.", work.path])
            try await work.commit()
            let git = testGit()
            try await GitOpsRepository.with(GitRemote(work.path), git: git, cacheDirectory: nil) { repository in
                let snapshot = try await repository.snapshot(at: "main")
                let names = ["staging", "test", "levelbuilder", "production"]
                let policy = try await snapshot.environmentPolicy(root: RelativePath("apps/codeai"), deployments: names)
                #expect(policy.deployments == names.sorted())
                for name in names { #expect(try policy.deployment(name).envType == name) }
                #expect(
                    policy.tree(for: try policy.deployment("test")).files.contains {
                        $0.path.description == "envTypes/components/autoscaling/kustomization.yaml"
                    })
            }
        }
    }
}

/// Talks Git's oldest protocol, in which a server gives out what its branches name and nothing else.
struct ProtocolZeroRunner: CommandRunner {
    func run(_ command: Command) async throws -> CommandResult {
        var command = command
        command.arguments = ["-c", "protocol.version=0"] + command.arguments
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}

/// Remembers the names in the environments of the commands.
final class EnvironmentRunner: CommandRunner {
    private let recorded = Mutex<Set<String>>([])
    var names: Set<String> { recorded.withLock { $0 } }

    func run(_ command: Command) async throws -> CommandResult {
        recorded.withLock { $0.formUnion(command.environment.keys) }
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}
