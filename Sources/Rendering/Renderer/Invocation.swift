internal import CapsuleCore
internal import OCI
internal import Support

/// The inputs of a render as plain values. The public functions of ``Renderer`` create them from a verified capsule.
struct RenderInput: Sendable {
    let release: ReleaseManifest
    let package: PackageTree
    let packageDigest: Digest
    package let deployment: Deployment
    package let policy: PolicyTree
    var options = RenderOptions()
}

/// The plan of one run of a renderer: the tree that it reads and its arguments. Equal invocations of one renderer give
/// equal output, so the key of the cache is derived from the invocation.
struct Invocation: Sendable {
    /// The files of the package that are read, by their paths in the tree.
    var package: [PackageFile]
    /// The files of environment policy that are read.
    var policy: [PackageFile]
    /// The generated files.
    var written: [PackageFile]
    /// All files.
    var files: [PackageFile] { package + policy + written }
    /// The arguments, with paths relative to the tree.
    var arguments: [String]
    /// The findings of the scan. The renderer is not run unless this is empty.
    var findings: [Finding] = []
    /// The values of the chart that are set to the images; nil for Kustomize.
    var helm: HelmImageValues?
    /// The generated kustomization under which every object keeps the namespace that it names, for a run that shows which
    /// namespaces the render overrides; nil when it overrides none.
    var keepingNamespaces: PackageFile?

    /// The version of this module's part of a render: the layout of the tree and the splitting of the stream.
    static let formatVersion = 1

    /// Prepares the run for an input and scans the files that would be read.
    static func plan(_ input: RenderInput, tool: String) throws -> Invocation {
        switch input.package.kind {
        case .kustomize: try kustomize(input, tool: tool)
        case .helm: try helm(input)
        }
    }

    /// The digest of all inputs of the output: package, policy, generated files, arguments and renderer.
    func key(package: Digest, renderer: RendererIdentity) -> Digest {
        var hasher = Digest.Hasher(.sha256)
        func add(_ text: String) { hasher.update(Array("\(text.utf8.count) \(text)\n".utf8)) }
        add("render \(Self.formatVersion) with \(renderer)")
        add("package \(package)")
        for file in policy + written { add("\(file.path) \(file.digest)") }
        for argument in arguments { add(argument) }
        return hasher.finalize()
    }

    /// `files` with paths below `directory`.
    static func place(_ files: [PackageFile], below directory: String) throws -> [PackageFile] {
        try files.map { PackageFile(path: try RelativePath("\(directory)/\($0.path)"), content: $0.content) }
    }

    /// The finding for a deployment whose environment policy does not exist.
    static func missingPolicy(_ file: String, _ what: String, _ input: RenderInput) -> Finding {
        Finding(
            rule: "render.no-policy", file: file,
            message: "\(input.policy.repository) has no such file at commit \(input.policy.commit.short)",
            remedy: "\(what), or correct envType in deployments/\(input.deployment.name)/deployment.yaml")
    }

    /// The finding for an image that cannot be pinned.
    static func missingDigest(_ image: ReleaseManifest.Image) -> Finding {
        Finding(
            rule: "render.no-digest", file: "release.yaml",
            message: "image \(image.repoURL):\(image.tag) has no digest, so it cannot be pinned",
            remedy: "publish the release again; a current release.yaml names digests")
    }
}
