internal import CapsuleCore
internal import CapsuleTestSupport
package import DeliveryConfiguration
package import GitOps
package import Processes
package import Promotion
internal import Testing

/// A bare GitOps repository with the policy of three stages, and releases to promote in it.
package struct PromotionFixture {
    package let directory: String
    package let configuration: CapsuleConfiguration
    package var remote: String { "\(directory)/gitops.git" }
    /// By path or by `file://`, the two ways that need no server.
    package var useFileTransport = true
    package static let epoch: Int64 = 1_767_323_045

    package static let yaml = """
        schemaVersion: release-capsule/v1alpha1
        image: ghcr.io/example/shop
        capsule: ghcr.io/example/shop-capsule
        gitops: {root: apps/shop}
        stages:
          - name: staging
          - name: test
            after: [staging]
            soak: 30m
          - name: production
            after: [test]
            review: pull-request
            requires: ["approvals/{tag}.yaml"]

        """

    package static func create(
        _ directory: String, format: String = "sha1", yaml: String = PromotionFixture.yaml
    ) async throws -> PromotionFixture {
        let template = try await templates.value([format, yaml]) {
            try await withTemporaryDirectory { directory in
                try await makeRepositories(in: directory, format: format, yaml: yaml)
                return try DirectoryTemplate(of: directory)
            }
        }
        try template.write(to: directory)
        return try PromotionFixture(in: directory, yaml: yaml)
    }

    /// The fixture that is in a directory already, such as a copy of another one.
    package init(in directory: String, yaml: String = PromotionFixture.yaml) throws {
        self.directory = directory
        configuration = try CapsuleConfiguration(yaml: Array(yaml.utf8), defaultRoot: RelativePath("apps/shop"))
    }

    private static let templates = Once<[String], DirectoryTemplate>()

    private static func makeRepositories(in directory: String, format: String, yaml: String) async throws {
        let work = try await TestRepository.create("\(directory)/policy", format: format)
        var files = ["README.md": "policy\n", "apps/shop/capsule.yaml": yaml]
        for name in ["staging", "test", "production"] {
            files["apps/shop/deployments/\(name)/deployment.yaml"] = "envType: \(name)\nnamespace: \(name)\n"
            files["apps/shop/envTypes/\(name)/kustomization.yaml"] = "kind: Component\nnamePrefix: \(name)-\n"
        }
        try await work.commit(files, message: "Policy", time: epoch)
        try await Tool.output([
            "git", "init", "-q", "--bare", "-b", "main", "--object-format=\(format)",
            "\(directory)/gitops.git",
        ])
        try await Tool.output(["git", "config", "receive.autogc", "false"], in: "\(directory)/gitops.git")
        // By a path that a copy has too.
        try await work.git("remote", "add", "origin", "../gitops.git")
        try await work.git("push", "-q", "origin", "main")
    }

    package var policy: TestRepository { TestRepository(path: "\(directory)/policy") }

    package func commitPolicy(_ files: [String: String]) async throws {
        try await policy.commit(files, message: "More policy", time: Self.epoch + 1)
        try await policy.git("push", "-q", "origin", "main")
    }

    package func git(_ arguments: String...) async throws -> String {
        try await Tool.output(["git"] + arguments, in: remote)
    }

    /// The subjects of a branch, newest first.
    package func log(_ branch: String) async throws -> [String] {
        let text = try await git("log", "--first-parent", "--format=%s", branch)
        return text.split(separator: "\n").map(String.init)
    }

    package func files(_ branch: String) async throws -> [String] {
        try await git("ls-tree", "-r", "--name-only", branch).split(separator: "\n").map(String.init)
    }

    /// Opens the repository and hands out a promoter.
    package func with<Result: Sendable>(
        runner: any CommandRunner = SystemCommandRunner(), cache: String? = nil, remote address: String? = nil,
        now: Int64 = PromotionFixture.epoch, author: CommitAuthor? = nil, ancestry: String? = nil, attempts: Int = 16,
        configuration: CapsuleConfiguration? = nil, environment: [String: String] = [:],
        _ body: (Promoter, GitOpsSnapshot) async throws -> Result
    ) async throws -> Result {
        let git = testGit(runner, environment: environment)
        let remote = try GitRemote(address ?? (useFileTransport ? "file://\(self.remote)" : self.remote))
        var configuration = configuration ?? self.configuration
        if let author { configuration.gitops.author = author }
        let used = configuration
        return try await GitOpsRepository.with(remote, git: git, cacheDirectory: cache ?? "\(directory)/cache") {
            repository in
            let snapshot = try await repository.snapshot(at: "main")
            var options = Promoter.Options(now: { now })
            options.attempts = attempts
            options.pause = { try await Task.sleep(for: $0 / 2) }
            let promoter = Promoter(
                branches: StageBranches(snapshot, used),
                ancestry: ancestry.map { CommitAncestry(git: git, repository: $0) }, options: options)
            return try await body(promoter, snapshot)
        }
    }

    /// Promotes a release to a stage.
    @discardableResult
    package func promote(
        _ release: TestRelease, to stage: String, rollback: Rollback = .never, now: Int64 = PromotionFixture.epoch,
        ancestry: String? = nil, cache: String? = nil, runner: any CommandRunner = SystemCommandRunner(),
        attempts: Int = 16, configuration: CapsuleConfiguration? = nil, attested: [String: AttestedPromotions] = [:]
    ) async throws -> PromotionReceipt {
        try await with(
            runner: runner, cache: cache, now: now, ancestry: ancestry, attempts: attempts, configuration: configuration
        ) { promoter, snapshot in
            var promotion = try release.promotion(
                promoter.configuration, stage: stage, snapshot: snapshot, rollback: rollback)
            promotion.attested = attested
            let promotions = try await promoter.promote([promotion])
            return try #require(promotions.first?.receipt)
        }
    }
}
