import Archive
import CapsuleCore
import CapsuleTestSupport
import GitOps
import OCI
import Processes
import Support
import Testing

@testable import Rendering

/// A Kustomize tree in the shape of trees that people publish. It is committed, built as a capsule, and rendered from that
/// capsule; the same tree is rendered by hand.
struct KustomizeShape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The package's directory in the repository.
    var source = "."
    var entry = "base"
    var include: [String]?
    /// The files of the repository, without those of the workload.
    var files: [String: String]
    /// Links, by their paths.
    var links: [String: String] = [:]
    var imageName = "shop"
    var allowClusterScoped = false
    var namespaced: [String] = []

    static let namespace = "staging"
    private static let date = "2026-01-02T03:04:05Z"

    /// The capsule that a build makes of the tree.
    struct Built: Sendable {
        var release: ReleaseManifest
        var package: PackageTree
        var warnings: [String]
    }

    /// Commits the tree in a new repository, and builds it.
    func build(in directory: String) async throws -> Built {
        try await commit(in: directory)
        let git = Git(
            runner: SystemCommandRunner(),
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"])
        let entry = try TreeDirectory(entry)
        let read = try await git.packageSource(
            in: directory, source: TreeDirectory(source).path, entry: entry,
            include: include?.map { try RelativePath($0) }, kind: .kustomize)
        let built = try CapsuleBuilder.build(
            BuildRequest(
                commit: read.commit, committed: read.committed,
                source: .init(repository: "https://git.example.com/acme/shop", path: nil),
                image: ReleaseManifest.Image(
                    repoURL: try Repository(RenderFixture.repository), tag: ReleaseIdentity(commit: read.commit).tag,
                    digest: try Digest(RenderFixture.digest)),
                package: PackageTree(kind: .kustomize, entry: entry, files: read.files), imageName: imageName))
        var files: [PackageFile] = []
        let prefix = "\(built.release.package.path)/"
        try LayerReader(built.layer).forEachEntry { entry, content in
            guard entry.kind == .file, entry.path.hasPrefix(prefix) else { return }
            files.append(
                PackageFile(path: try RelativePath(String(entry.path.dropFirst(prefix.count))), content: content))
        }
        return Built(
            release: built.release,
            package: PackageTree(kind: .kustomize, entry: built.release.package.entry, files: files),
            warnings: built.warnings.map(\.rule))
    }

    private func commit(in directory: String) async throws {
        try await Tool.output(["git", "init", "-q", directory])
        for (path, text) in files { try writeFile("\(directory)/\(path)", text) }
        for (path, target) in links {
            try await Tool.output(
                ["sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && ln -s \"$2\" \"$1\"", "sh", path, target], in: directory
            )
        }
        try await Tool.output(["git", "add", "-A"], in: directory)
        try await Tool.output(
            ["git", "commit", "-q", "-m", "Deploy"], in: directory,
            environment: ["GIT_AUTHOR_DATE": Self.date, "GIT_COMMITTER_DATE": Self.date])
    }

    /// Renders the package of a capsule for a deployment whose environment changes nothing.
    func render(_ built: Built) async throws -> RenderedManifests {
        var options = RenderOptions()
        options.allowClusterScoped = allowClusterScoped
        options.namespacedKinds = Set(try namespaced.map { try GroupKind($0) })
        return try await RenderFixture.renderer.render(
            RenderInput(
                release: built.release, package: built.package, packageDigest: built.package.digest,
                deployment: try Deployment(name: "staging", envType: "staging", namespace: Self.namespace),
                policy: PolicyTree(
                    repository: "https://git.example.com/gitops.git", commit: try CommitID(RenderFixture.commit),
                    files: try RenderFixture.files(["envTypes/staging/kustomization.yaml": "kind: Component\n"])),
                options: options))
    }

    /// The files that `kubectl kustomize` writes for the whole tree with the namespace and the image set, or its message.
    func renderByHand(in directory: String) async throws -> Result<[String: String], ToolFailure> {
        let tree = "\(directory)/by-hand"
        for (path, text) in files { try writeFile("\(tree)/source/\(path)", text) }
        let parts = ["../../../source", source, entry].filter { $0 != "." }
        try writeFile(
            "\(tree)/deployments/staging/deploy/kustomization.yaml",
            """
            namespace: \(Self.namespace)
            resources: ["\(parts.joined(separator: "/"))"]
            images:
              - {name: "\(imageName)", newName: \(RenderFixture.repository), digest: "\(RenderFixture.digest)"}
            """)
        try await Tool.output(["mkdir", "-p", "\(directory)/out"])
        let result = try await Tool.run(
            ["kubectl", "kustomize", "deployments/staging/deploy", "-o", "\(directory)/out"], in: tree)
        guard result.succeeded else { return .failure(ToolFailure(description: result.errorOutput)) }
        var written: [String: String] = [:]
        for path in listTree("\(directory)/out") {
            written[path] = String(decoding: try readFile("\(directory)/out/\(path)"), as: UTF8.self)
        }
        return .success(written)
    }
}

extension KustomizeShape {
    /// A Deployment that runs the application image.
    static func workload(_ image: String = "shop:latest", more: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata:
              labels: {app: web}
            spec:
              containers:
                - name: web
                  image: \(image)
        \(more)
        """
    }

    static let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"

    /// A directory with a kustomization that lists the workload, and more in it.
    static func web(_ directory: String = "base", _ more: String = "", resources: String = "") -> [String: String] {
        let prefix = directory == "." ? "" : "\(directory)/"
        return [
            "\(prefix)kustomization.yaml": "resources:\n  - web.yaml\n\(resources)\(more)",
            "\(prefix)web.yaml": workload(),
        ]
    }
}
