package import CapsuleCore
package import OCI

/// One release that the tests build, change and attack.
package enum Sample {
    package static let commit = "0cc4cd87f40ae606d1822d5652b552f8c50a4668"
    /// 2026-01-02T03:04:05Z
    package static let committed: Int64 = 1_767_323_045

    package static func digest(_ byte: String) throws -> Digest {
        try Digest("sha256:" + String(repeating: byte, count: 32))
    }

    package static func image() throws -> ReleaseManifest.Image {
        .init(
            repoURL: try Repository("ghcr.io/example/shop"), tag: try ReleaseIdentity("git-\(commit)").tag,
            digest: try digest("ab"))
    }

    package static func further() throws -> [ReleaseManifest.Image] {
        [
            .init(
                name: "worker", repoURL: try Repository("localhost:5000/example/worker"),
                tag: try ReleaseIdentity("git-\(commit)").tag, digest: try digest("cd")),
            .init(
                name: "redis:7.4", repoURL: try Repository("docker.io/library/redis"), tag: try Tag("7.4"),
                digest: try digest("ef")),
        ]
    }

    package static func files(_ texts: [(String, String)]) throws -> [PackageFile] {
        try texts.map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) }
    }

    package static func package() throws -> PackageTree {
        PackageTree(
            kind: .kustomize, entry: try TreeDirectory("base"),
            files: try files([
                ("base/deployment.yaml", deployment),
                ("base/kustomization.yaml", "resources:\n  - deployment.yaml\n  - ../components/redis\n"),
                ("components/redis/kustomization.yaml", "resources:\n  - pod.yaml\n"),
                (
                    "components/redis/pod.yaml",
                    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: redis\nspec:\n  containers:\n    - name: redis\n"
                        + "      image: redis:7.4\n"
                ),
            ]))
    }

    package static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: shop
        spec:
          template:
            spec:
              containers:
                - name: shop
                  image: shop
                - name: worker
                  image: worker

        """

    package static func release() throws -> ReleaseManifest {
        let package = try package()
        return ReleaseManifest(
            gitCommit: try CommitID(commit),
            source: .init(repository: "https://github.com/example/shop", path: "k8s/kustomize"), image: try image(),
            package: .init(
                kind: .kustomize, path: try RelativePath("package/kustomize"), entry: try TreeDirectory("base"),
                imageName: "shop", digest: package.digest),
            images: try further(),
            metadata: .init(
                sbomPath: try RelativePath("metadata/sbom.json"),
                provenancePath: try RelativePath("metadata/provenance.json")))
    }
}

extension Sample {
    package static func request() throws -> BuildRequest {
        BuildRequest(
            commit: try CommitID(commit), committed: committed,
            source: .init(repository: "https://github.com/example/shop", path: "k8s/kustomize"), image: try image(),
            package: try package(), imageName: "shop", images: try further())
    }

    /// A request of another release.
    package static func request(commit: String, committed: Int64) throws -> BuildRequest {
        var request = try request()
        request.commit = try CommitID(commit.count == 1 ? String(repeating: commit, count: 40) : commit)
        request.committed = committed
        request.image.tag = ReleaseIdentity(commit: request.commit).tag
        request.images[0].tag = request.image.tag
        return request
    }
}
