internal import CapsuleCore
internal import OCI
internal import Support

/// One run of a renderer, written down before it happens: the tree it reads and what it is told. Equal invocations of
/// one renderer give equal output, so this is what the cache is keyed by.
struct Invocation: Sendable {
    /// The files of the package that are read, by their paths in the tree.
    var package: [PackageFile]
    /// The files of environment policy that take part.
    var policy: [PackageFile]
    /// Files that we write ourselves.
    var written: [PackageFile]
    /// The arguments, with paths relative to the tree.
    var arguments: [String]
    /// What the scan says against the run. Nothing is run when this is not empty.
    var findings: [Finding] = []

    /// The version of this code's own part in a render: how the tree is laid out and the stream is cut.
    static let formatVersion = 1

    /// Works out the run for an input, and scans what would be read.
    static func plan(_ input: RenderInput, tool: String) throws -> Invocation {
        switch input.package.kind {
        case .kustomize: try kustomize(input, tool: tool)
        case .helm: try helm(input)
        }
    }

    /// What the output depends on: package, policy, our own files, arguments, renderer.
    func key(package: Digest, renderer: RendererIdentity) -> Digest {
        var hasher = Digest.Hasher(.sha256)
        func add(_ text: String) { hasher.update(Array("\(text.utf8.count) \(text)\n".utf8)) }
        add("render \(Self.formatVersion) with \(renderer)")
        add("package \(package)")
        for file in policy + written { add("\(file.path) \(file.digest)") }
        for argument in arguments { add(argument) }
        return hasher.finalize()
    }

    /// `files` put below `directory`.
    static func place(_ files: [PackageFile], below directory: String) throws -> [PackageFile] {
        try files.map { PackageFile(path: try RelativePath("\(directory)/\($0.path)"), content: $0.content) }
    }

    /// The refusal of a deployment whose environment policy is not there.
    static func missingPolicy(_ file: String, _ what: String, _ input: RenderInput) -> Finding {
        Finding(
            rule: "render.no-policy", file: file,
            message: "\(input.policy.repository) has no such file at commit \(input.policy.commit.short)",
            remedy: "\(what), or correct envType in deployments/\(input.deployment.name)/deployment.yaml")
    }

    /// The refusal of an image that cannot be pinned.
    static func missingDigest(_ image: ReleaseManifest.Image) -> Finding {
        Finding(
            rule: "render.no-digest", file: "release.yaml",
            message: "image \(image.repoURL):\(image.tag) has no digest, so it cannot be pinned",
            remedy: "publish the release again; a current release.yaml names digests")
    }
}
