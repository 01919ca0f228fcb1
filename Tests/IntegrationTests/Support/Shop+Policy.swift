import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import FoundationEssentials
import GitOps
import HTTPServer
import OCI
import OCITransports
import Processes
import Promotion
import ReleaseWorkflows
import Rendering
import Signing
import Testing

/// A shop whose GitOps repository has a policy, and the private keys of those whom it names.
struct PolicedShop {
    let shop: Shop
    let keys: [String: SigningKey]

    static let signedFor = "registry.example.com/shop/release"
    /// 2026-01-10
    static let now: Int64 = 1_768_003_200

    static let head = """
        schemaVersion: release-capsule-policy/v1alpha1
        keys:
          ci: {file: keys/ci.pub}
          security: {file: keys/security.pub, from: 2026-01-08T00:00:00Z, until: 2026-01-20T00:00:00Z}
          promoter: {file: keys/promoter.pub}

        """

    /// Makes a shop with a built release and a policy, which is written after `head`.
    static func with<Result>(_ policy: String, _ body: (PolicedShop) async throws -> Result) async throws -> Result {
        let (template, commit) = try await template.value("shop") {
            try await Shop.with { shop in
                let path = "\(shop.directory)/policy/capsule.yaml"
                let text = String(decoding: try readFile(path), as: UTF8.self)
                try writeFile(path, text.replacing("stages:", with: "policy: policy.yaml\nstages:"))
                try expectSuccess(try await shop.build())
                return (try DirectoryTemplate(of: shop.directory), shop.commit)
            }
        }
        return try await withTemporaryDirectory { directory in
            try template.write(to: directory)
            let policed = PolicedShop(shop: Shop(directory: directory, commit: commit), keys: Self.keys)
            try await policed.change(policy)
            return try await body(policed)
        }
    }

    private static let template = Once<String, (DirectoryTemplate, String)>()
    private static let keys = Dictionary(
        uniqueKeysWithValues: ["ci", "security", "promoter", "stranger"].map { ($0, SigningKey()) })

    /// Commits another policy, with its keys.
    @discardableResult
    func change(_ policy: String, _ files: [String: String] = [:]) async throws -> String {
        var files = files.merging(["apps/shop/policy.yaml": Self.head + policy]) { $1 }
        for (name, key) in keys where name != "stranger" {
            files["apps/shop/keys/\(name).pub"] = key.verificationKey.pem
        }
        try await shop.changePolicy(files)
        return try await shop.gitops("rev-parse", "main")
    }

    /// The same shop at another release.
    func at(_ release: Shop) -> PolicedShop { PolicedShop(shop: release, keys: keys) }

    func key(_ name: String) throws -> SigningKey {
        guard let key = keys[name] else { throw ToolFailure(description: "there is no key \(name)") }
        return key
    }

    private func capsule() async throws -> (store: ImageLayout, descriptor: Descriptor) {
        let store = try ImageLayout(path: "\(shop.directory)/release")
        guard let found = try await store.resolve(try OCI.Tag(shop.tag)) else {
            throw ToolFailure(description: "the release is not there")
        }
        return (store, found)
    }

    /// Signs the release.
    func sign(_ name: String, for repository: String = signedFor) async throws {
        let (store, capsule) = try await capsule()
        _ = try await ReleaseSigner(key: key(name), repository: try Repository(repository)).sign(capsule, in: store)
    }

    /// Attests that a stage took the release.
    func attestPromotion(
        to stage: String, by name: String = "promoter", _ change: (inout PromotionStatement) throws -> Void = { _ in }
    ) async throws {
        let (store, capsule) = try await capsule()
        let commit = try CommitID(shop.commit)
        guard let image = try await ImageLayout(path: "\(shop.directory)/image").resolve(try OCI.Tag(shop.tag)) else {
            throw ToolFailure(description: "the image is not there")
        }
        var statement = PromotionStatement(
            stage: stage, deployment: stage, promotedAt: Self.now,
            freight: Freight(
                image: .init(
                    repoURL: try Repository(Shop.repository), tag: try OCI.Tag(shop.tag), digest: image.digest),
                capsule: .init(repoURL: Self.signedFor, tag: try OCI.Tag(shop.tag), digest: capsule.digest)),
            gitops: .init(
                repository: "\(shop.directory)/gitops.git", commit: commit, branch: "stage/\(stage)",
                stageCommit: commit), renderer: .init(name: "kubectl", version: "v5.5.0"), rendered: .sha256(of: [1]),
            checks: ["capsule.digest"], outcome: .promoted)
        try change(&statement)
        _ = try await ReleaseAttester(key: key(name), repository: try Repository(Self.signedFor))
            .attest(capsule, statement.predicate, in: store)
    }

    /// Promotes in this process, with a fixed clock.
    func promote(
        _ stages: String..., now: Int64 = PolicedShop.now, revision: String = "main", rollback: Rollback = .never
    ) async throws -> ReleasePromotion.Report {
        let directory = shop.directory
        let runner = SystemCommandRunner()
        let promotion = ReleasePromotion(
            opener: DefaultContentOpener(client: nil), renderer: Renderer(runner: runner, cache: nil), ancestry: nil,
            now: { now })
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let request = ReleasePromotion.Request(
            verification: .init(
                capsule: try ArtifactReference("oci:\(directory)/release:\(shop.tag)"),
                image: try ArtifactReference("oci:\(directory)/image"), imageRepository: try Repository(Shop.repository)
            ),
            stages: stages, rollback: rollback)
        return try await GitOpsWorkspace.with(
            try GitRemote("\(directory)/gitops.git"), revision: revision, configuration: nil,
            git: Git(runner: runner, environment: ["PATH": path, "HOME": directory]), cacheDirectory: nil
        ) { try await promotion.run(request, in: $0) }
    }

    /// The branches of the GitOps repository.
    func branches() async throws -> String { try await shop.gitops("branch", "--format=%(refname:short)") }
}
