public import CapsuleCore
public import OCI
public import Support

/// An object in rendered manifests.
public struct RenderedObject: Hashable, Sendable, Codable {
    /// The file that contains it.
    public let file: RelativePath
    /// The API group and version, such as `apps/v1`.
    public let apiVersion: String
    /// The kind.
    public let kind: String
    /// The name; empty for a hook whose name is generated.
    public let name: String
    /// The namespace; nil when the object does not name one.
    public let namespace: String?
    /// `metadata.generateName` of a hook without a name; otherwise nil.
    public let generateName: String?

    /// The API group; empty for the core group.
    public var group: String {
        apiVersion.split(separator: "/").count > 1 ? String(apiVersion.prefix { $0 != "/" }) : ""
    }

    /// The kind with its API group.
    var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// `Deployment staging/web`, or `ClusterRole web`, or `Job staging/migrate-*` for a hook without a name.
    public var title: String { "\(kind) \(namespace.map { "\($0)/" } ?? "")\(label)" }

    /// The name, or the text for a generated one.
    var label: String { generateName.map { HookName.label($0, in: file) } ?? name }
}

/// The manifests of a release for one deployment. They passed all proofs and may be committed to a stage branch.
public struct RenderedManifests: Sendable {
    /// The files, sorted: one for each object, named as `kustomize build -o DIR` names it, with the bytes that the
    /// renderer printed.
    public let files: [PackageFile]
    /// The rendered digest: the digest of the files as defined in `format.md` §5.
    public let digest: Digest
    /// The program that rendered them.
    public let renderer: RendererIdentity
    /// The objects, in the order of the files.
    public let objects: [RenderedObject]
    /// True when the renderer ran without a network; nil when the manifests come from the cache and no renderer ran.
    public let isolated: Bool?

    /// True when the manifests come from the cache, so that no renderer ran.
    public var isCached: Bool { isolated == nil }

    /// The values of the chart that were set to the application image, and their origin, for a message; nil for Kustomize.
    public let imageValues: String?

    /// The values of the package or the policy that the render overrides. None of them rejects the render.
    public let warnings: [Finding]

    package init(
        files: [PackageFile], renderer: RendererIdentity, objects: [RenderedObject], isolated: Bool?,
        imageValues: String? = nil, warnings: [Finding] = []
    ) {
        self.files = files.sorted { $0.path < $1.path }
        self.digest = FileListDigest.compute(files)
        self.renderer = renderer
        self.objects = objects.sorted { $0.file < $1.file }
        self.isolated = isolated
        self.imageValues = imageValues
        self.warnings = warnings
    }
}
