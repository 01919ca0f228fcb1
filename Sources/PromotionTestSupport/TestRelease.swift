package import CapsuleCore
package import DeliveryConfiguration
package import GitOps
internal import OCI
package import Promotion
internal import Rendering

/// A release made by hand: no capsule behind it.
package struct TestRelease {
    /// Tells releases apart.
    package var number: Int
    /// When its commit was made.
    package var committed: Int64?
    /// Tells apart capsules that were published under one identity.
    package var content = "a"
    /// What it renders to.
    package var files: [String: String]?
    package var commit: String?

    package init(
        _ number: Int, committed: Int64? = nil, content: String = "a", files: [String: String]? = nil,
        commit: String? = nil
    ) {
        self.number = number
        self.committed = committed ?? PromotionFixture.epoch - 1_000_000 + Int64(number)
        self.content = content
        self.files = files
        self.commit = commit
    }

    package var identity: ReleaseIdentity {
        get throws {
            let hex = String(number, radix: 16)
            return ReleaseIdentity(
                commit: try CommitID(commit ?? String(repeating: "0", count: 40 - hex.utf8.count) + hex))
        }
    }

    package func promotion(
        _ configuration: CapsuleConfiguration, stage name: String, snapshot: GitOpsSnapshot, rollback: Rollback = .never
    ) throws -> StagePromotion {
        let identity = try identity
        let stage = try configuration.stage(name)
        let files =
            files ?? [
                "apps_v1_deployment_shop.yaml": "image: shop@\(number)\n", "v1_service_shop.yaml": "kind: Service\n",
            ]
        let rendered = try files.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) }
        let release = ReleaseRecord.Release(
            gitCommit: identity.commit,
            image: .init(
                repoURL: configuration.image, tag: identity.tag, digest: .sha256(of: "image \(number)".utf8)),
            capsule: .init(
                repoURL: configuration.capsule.description, tag: identity.tag,
                digest: .sha256(of: "capsule \(number) \(content)".utf8), packageKind: .kustomize,
                packagePath: try RelativePath("package/kustomize"), packageDigest: .sha256(of: "package".utf8)))
        let render = ReleaseRecord.Render(
            deployment: name, envType: name, namespace: name,
            gitops: .init(repository: "https://example.com/gitops.git", commit: snapshot.commit.id),
            renderer: RendererIdentity(name: "kustomize", version: "v5.5.0"),
            digest: FileListDigest.compute(rendered))
        return StagePromotion(
            release, to: stage, committed: committed, rollback: rollback,
            content: StageContent(
                release: release, render: render, files: rendered, committed: committed,
                source: "https://example.com/shop"))
    }
}
