import Archive
import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Support
import Testing

@testable import Rendering

/// Inputs for renders, made from literal files.
enum RenderFixture {
    static let commit = "0cc4cd87f40ae606d1822d5652b552f8c50a4668"
    static let repository = "registry.example.com/acme/shop"
    static let digest = "sha256:" + String(repeating: "a1", count: 32)
    static let otherDigest = "sha256:" + String(repeating: "b2", count: 32)
    static var pinned: String { "\(repository)@\(digest)" }

    static func files(_ texts: [String: String]) throws -> [PackageFile] {
        try texts.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) }
    }

    /// A small package: one Deployment and one Service.
    static let base = [
        "base/kustomization.yaml": "resources:\n  - deployment.yaml\n  - service.yaml\n",
        "base/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata:
              labels: {app: web}
            spec:
              containers:
                - name: web
                  image: shop:latest

        """,
        "base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          selector: {app: web}
          ports: [{port: 80}]

        """,
    ]

    /// A policy that changes nothing but the number of replicas.
    static let policy = [
        "envTypes/staging/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        patches:
          - path: replicas.patch.yaml

        """,
        "envTypes/staging/replicas.patch.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 2

        """,
    ]

    static func release(
        kind: PackageKind = .kustomize, repository: String = repository, imageName: String? = "shop",
        images: [ReleaseManifest.Image]? = nil
    ) throws -> ReleaseManifest {
        let commit = try CommitID(commit)
        return ReleaseManifest(
            gitCommit: commit, source: nil,
            image: ReleaseManifest.Image(
                repoURL: try Repository(repository), tag: ReleaseIdentity(commit: commit).tag,
                digest: try Digest(digest)),
            package: ReleaseManifest.Package(
                kind: kind, path: try RelativePath(kind.path),
                entry: kind == .kustomize ? try TreeDirectory("base") : nil,
                imageName: imageName, digest: nil),
            images: images, metadata: nil)
    }

    static func input(
        package: [String: String] = base, policy: [String: String] = policy, kind: PackageKind = .kustomize,
        deployment: String = "staging", namespace: String? = nil, imageName: String? = "shop",
        images: [ReleaseManifest.Image]? = nil, options: RenderOptions = RenderOptions()
    ) throws -> RenderInput {
        let tree = PackageTree(
            kind: kind, entry: kind == .kustomize ? try TreeDirectory("base") : nil, files: try files(package))
        return RenderInput(
            release: try release(kind: kind, imageName: imageName, images: images), package: tree,
            packageDigest: tree.digest,
            deployment: try Deployment(name: deployment, envType: deployment, namespace: namespace ?? deployment),
            policy: PolicyTree(
                repository: "https://git.example.com/gitops.git", commit: try CommitID(commit),
                files: try files(policy)), options: options)
    }

    static let renderer = Renderer(runner: SystemCommandRunner(), cache: nil)
    static var hasKustomize: Bool { Tool.exists("kustomize") || Tool.exists("kubectl") }

    /// What a render refuses.
    static func rejection(
        _ input: RenderInput, by renderer: Renderer = renderer, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [Finding] {
        do {
            let rendered = try await renderer.render(input)
            Issue.record("was rendered: \(rendered.files.map(\.path))", sourceLocation: sourceLocation)
            return []
        } catch let rejection as RenderRejection {
            return rejection.findings
        }
    }
}

/// The real application's package and GitOps tree, where a checkout of the shared material is next to this one.
enum CodeAI {
    static let directory = Fixtures.codeAI
    static let repository = "ghcr.io/code-dot-org/code-dot-org"

    static let stages = ["staging", "test", "levelbuilder", "production"]

    static func tree(
        _ path: String, keeping prefixes: [String], in directory: String = directory
    ) throws -> [PackageFile] {
        try listTree("\(directory)/\(path)").filter { name in prefixes.contains { name.hasPrefix($0) } }
            .compactMap { name in
                var isDirectory = false
                _ = FileManager.default.fileExists(atPath: "\(directory)/\(path)/\(name)", isDirectory: &isDirectory)
                return isDirectory
                    ? nil
                    : PackageFile(path: try RelativePath(name), content: try readFile("\(directory)/\(path)/\(name)"))
            }
    }

    static func input(_ deployment: String, options: RenderOptions = RenderOptions()) throws -> RenderInput {
        let package = PackageTree(
            kind: .kustomize, entry: try TreeDirectory("base"), files: try tree("app/k8s/kustomize", keeping: ["base/"])
        )
        return RenderInput(
            release: try RenderFixture.release(repository: repository, imageName: "code-dot-org"), package: package,
            packageDigest: package.digest,
            deployment: try Deployment(name: deployment, envType: deployment, namespace: deployment),
            policy: PolicyTree(
                repository: "https://github.com/code-dot-org/k8s-gitops.git",
                commit: try CommitID(RenderFixture.commit),
                files: try tree("gitops/apps/codeai", keeping: ["envTypes/", "deployments/"])),
            options: options)
    }

    /// The same application half a year later, with an overlay of each deployment.
    static func input2026(_ deployment: String, kind: PackageKind) throws -> RenderInput {
        let directory = "\(Fixtures.directory)/codeai-2026-08"
        let package = PackageTree(
            kind: kind, entry: kind == .kustomize ? try TreeDirectory("base") : nil,
            files: try tree("app/k8s/\(kind.rawValue)", keeping: [""], in: directory))
        return RenderInput(
            release: try RenderFixture.release(kind: kind, repository: repository, imageName: "code-dot-org"),
            package: package, packageDigest: package.digest,
            deployment: try Deployment(name: deployment, envType: deployment, namespace: deployment),
            policy: PolicyTree(
                repository: "https://git.example.com/gitops.git", commit: try CommitID(RenderFixture.commit),
                files: try tree(
                    "gitops/apps/codeai", keeping: ["envTypes/", "deployments/\(deployment)/"], in: directory)))
    }
}
