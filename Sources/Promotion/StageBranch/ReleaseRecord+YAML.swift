internal import CapsuleCore
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

extension ReleaseRecord {
    /// The bytes of the file. It contains no time: the same inputs give the same bytes.
    public func yaml() -> String {
        var lines = ["schemaVersion: \(YAMLText.scalar(schemaVersion))", "release:"]
        func add(_ indent: Int, _ key: String, _ value: String?) {
            guard let value else { return }
            lines.append("\(String(repeating: "  ", count: indent))\(key): \(value)")
        }
        func text(_ value: some CustomStringConvertible) -> String { YAMLText.scalar(value.description) }
        // The id is always quoted, because some commit ids look like numbers.
        add(1, "gitCommit", YAMLText.quoted(release.gitCommit.description))
        lines.append("  image:")
        add(2, "repoURL", text(release.image.repoURL))
        add(2, "tag", text(release.image.tag))
        add(2, "digest", release.image.digest.map(text))
        lines.append("  capsule:")
        add(2, "repoURL", text(release.capsule.repoURL))
        add(2, "tag", text(release.capsule.tag))
        add(2, "digest", release.capsule.digest.map(text))
        add(2, "packageKind", release.capsule.packageKind.rawValue)
        add(2, "packagePath", text(release.capsule.packagePath))
        add(2, "packageDigest", release.capsule.packageDigest.map(text))
        if let witness = release.witness {
            add(1, "form", ReleaseForm.pair.rawValue)
            lines.append("  witness:")
            add(2, "path", text(witness.path))
            add(2, "commit", YAMLText.quoted(witness.commit.description))
            add(2, "digest", text(witness.digest))
        }
        if let rollback {
            lines.append("rollback:")
            add(1, "from", text(rollback.from))
        }
        if let render {
            lines.append("render:")
            add(1, "deployment", text(render.deployment))
            add(1, "envType", text(render.envType))
            add(1, "namespace", text(render.namespace))
            lines.append("  gitops:")
            add(2, "repository", text(render.gitops.repository))
            add(2, "commit", YAMLText.quoted(render.gitops.commit.description))
            lines.append("  renderer:")
            add(2, "name", text(render.renderer.name))
            add(2, "version", text(render.renderer.version))
            add(1, "digest", text(render.digest))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a record, strictly. Records of the first draft (`codeai/v1alpha1`) are read too; they lack digests and
    /// `render`.
    ///
    /// - Parameter file: the name of the file in messages.
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    public init(yaml: [UInt8], file: String = ReleaseRecord.fileName) throws {
        let top = try StrictObject(yaml: yaml, file: file, keys: ["schemaVersion", "release", "rollback", "render"])
        let schema = try top.requiredText("schemaVersion")
        guard schema == ReleaseRecord.currentSchema || schema == ReleaseManifest.legacySchema else {
            throw top.invalid(
                key: "schemaVersion", "is \(quoted(schema)); this version reads \(ReleaseRecord.currentSchema)")
        }
        let release = try top.requiredObject("release", keys: ["gitCommit", "image", "capsule", "form", "witness"])
        let image = try release.requiredObject("image", keys: ["repoURL", "tag", "digest"])
        let capsule = try release.requiredObject(
            "capsule", keys: ["repoURL", "tag", "digest", "packageKind", "packagePath", "packageDigest"])
        self.init(
            schemaVersion: schema,
            release: Release(
                gitCommit: try release.requiredParsed("gitCommit") { try CommitID($0) },
                image: Image(
                    repoURL: try image.requiredParsed("repoURL") { try Repository($0) },
                    tag: try image.requiredParsed("tag") { try Tag($0) },
                    digest: try image.parsed("digest") { try Digest($0, naming: "an image") }),
                capsule: Capsule(
                    repoURL: try capsule.requiredParsed("repoURL") { try ArtifactReference($0).store.description },
                    tag: try capsule.requiredParsed("tag") { try Tag($0) },
                    digest: try capsule.parsed("digest") { try Digest($0, naming: "a capsule") },
                    packageKind: try capsule.requiredParsed("packageKind") { text in
                        guard let kind = PackageKind(rawValue: text) else {
                            throw CapsuleError(.invalidName, "\(quoted(text)) is neither kustomize nor helm")
                        }
                        return kind
                    },
                    packagePath: try capsule.requiredParsed("packagePath") { try RelativePath($0) },
                    packageDigest: try capsule.parsed("packageDigest") { try Digest($0, naming: "a package") }),
                witness: try Self.witness(release)),
            rollback: try top.object("rollback", keys: ["from"]).map { (rollback) throws in
                RollbackOrigin(from: try rollback.requiredParsed("from") { try ReleaseIdentity($0) })
            },
            render: try Self.render(top))
    }

    private static func witness(_ release: StrictObject) throws -> WitnessReference? {
        let form: ReleaseForm = try release.choice("form") ?? .capsule
        let witness = try release.object("witness", keys: ["path", "commit", "digest"])
        guard (witness != nil) == (form == .pair) else {
            throw release.invalid(key: "witness", "is for `form: pair`, which requires it")
        }
        return try witness.map { (witness) throws in
            WitnessReference(
                path: try witness.requiredParsed("path") { try RelativePath($0) },
                commit: try witness.requiredParsed("commit") { try CommitID($0) },
                digest: try witness.requiredParsed("digest") { try Digest($0, naming: "a witness") })
        }
    }

    private static func render(_ top: StrictObject) throws -> Render? {
        let keys = ["deployment", "envType", "namespace", "gitops", "renderer", "digest"]
        guard let render = try top.object("render", keys: keys) else { return nil }
        let gitops = try render.requiredObject("gitops", keys: ["repository", "commit"])
        let renderer = try render.requiredObject("renderer", keys: ["name", "version"])
        return Render(
            deployment: try render.requiredText("deployment"), envType: try render.requiredText("envType"),
            namespace: try render.requiredText("namespace"),
            gitops: GitOps(
                repository: try gitops.requiredText("repository"),
                commit: try gitops.requiredParsed("commit") { try CommitID($0) }),
            renderer: RendererIdentity(
                name: try renderer.requiredText("name"), version: try renderer.requiredText("version")),
            digest: try render.requiredParsed("digest") { try Digest($0, naming: "a render") })
    }
}
