internal import Documents
internal import OCI
internal import Support

/// A violation of a rule of the schema that the types of the fields do not express.
struct ReleaseSchemaProblem {
    /// The keys that lead to the problem.
    let path: [String]
    /// The problem and its remedy.
    let message: String

    init(_ path: String..., message: String) {
        self.path = path
        self.message = message
    }

    /// The line of the deepest key on the path that exists.
    func line(in document: YAMLNode) -> Int {
        var node = document
        for key in path {
            guard let inner = node[key] else { break }
            node = inner
        }
        return node.line
    }
}

extension ReleaseManifest {
    /// The first violation of a rule that the types of the fields do not express; nil when there is none.
    ///
    /// `release.yaml` and the config share these rules, so that neither accepts data that the other rejects.
    func schemaProblem(in form: ReleaseForm) -> ReleaseSchemaProblem? {
        guard schemaVersion == Self.currentSchema || schemaVersion == Self.legacySchema else {
            return ReleaseSchemaProblem(
                "schemaVersion",
                message: "schemaVersion \(quoted(schemaVersion)) is not known; this reads \(Self.currentSchema) and "
                    + Self.legacySchema)
        }
        let problem = artifactProblem(in: form) ?? imagesProblem ?? packageProblem ?? digestProblem
        if let problem { return problem }
        if let metadata, metadata.sbomPath == nil, metadata.provenancePath == nil {
            return ReleaseSchemaProblem("metadata", message: "metadata has no keys; leave it out")
        }
        return schemaVersion == Self.currentSchema ? currentSchemaProblem : nil
    }

    /// The violation of a rule about the keys of `image` and `images`.
    private var imagesProblem: ReleaseSchemaProblem? {
        func problem(_ key: String, _ message: String) -> ReleaseSchemaProblem {
            ReleaseSchemaProblem(key, message: message)
        }
        if image.name != nil { return problem("image", "image.name is not a key; leave it out") }
        if image.values != nil { return problem("image", "image.values is not a key; see package.values") }
        if images?.isEmpty == true { return problem("images", "images is empty; leave the key out") }
        var names: Set<String> = []
        for (index, image) in (images ?? []).enumerated() {
            guard let name = image.name, !name.isEmpty else {
                return problem("images", "images[\(index)].name is missing; add it")
            }
            guard names.insert(name).inserted else {
                return problem("images", "images names \(quoted(name)) twice; keep one")
            }
            guard image.digest != nil else {
                return problem("images", "images[\(index)].digest is missing; every further image is pinned")
            }
        }
        return nil
    }

    /// The violation of a rule about the keys that only one kind of package has.
    private var packageProblem: ReleaseSchemaProblem? {
        guard package.kind != .helm else {
            guard package.entry != nil else { return nil }
            return ReleaseSchemaProblem(
                "package", "entry", message: "package.entry is for kustomize; a helm package has none")
        }
        let message = "is for helm; a kustomize package has none"
        if package.values != nil {
            return ReleaseSchemaProblem("package", "values", message: "package.values \(message)")
        }
        guard images?.contains(where: { $0.values != nil }) == true else { return nil }
        return ReleaseSchemaProblem("images", message: "images[].values \(message)")
    }

    /// The violation of the rule that a digest is one of SHA-256.
    private var digestProblem: ReleaseSchemaProblem? {
        let digests =
            [("image", image.digest), ("package", package.digest)] + (images ?? []).map { ("images", $0.digest) }
        for case let (key, digest?) in digests {
            if let problem = digest.problem(naming: key == "package" ? "a package" : "an image") {
                return ReleaseSchemaProblem(key, "digest", message: "\(key): \(problem)")
            }
        }
        return nil
    }

    /// The violation of a rule that holds for the current schema only.
    private var currentSchemaProblem: ReleaseSchemaProblem? {
        let required: [(String, String, Bool)] = [
            ("source", "", source != nil), ("image", "digest", image.digest != nil),
            ("package", "entry", package.kind == .helm || package.entry != nil),
            ("package", "digest", package.digest != nil), ("metadata", "", metadata != nil),
            ("metadata", "sbomPath", metadata?.sbomPath != nil),
            ("metadata", "provenancePath", metadata?.provenancePath != nil), ("packing", "", packing != nil),
        ]
        for (outer, inner, present) in required where !present {
            return ReleaseSchemaProblem(
                outer, inner, message: "\(inner.isEmpty ? outer : "\(outer).\(inner)") is missing; add it")
        }
        guard packing == Self.currentPacking else {
            return ReleaseSchemaProblem(
                "packing",
                message: "packing \(packing ?? 0) is not known; this reads \(Self.currentPacking). A newer version of "
                    + "capsule may be needed")
        }
        return nil
    }

    /// The violation of a rule about `artifact`, which a witness must have and a capsule must not.
    private func artifactProblem(in form: ReleaseForm) -> ReleaseSchemaProblem? {
        guard let artifact else {
            guard form == .pair else { return nil }
            return ReleaseSchemaProblem(
                "artifact", message: "artifact is missing; a witness names the package of its pair")
        }
        guard form == .pair else {
            return ReleaseSchemaProblem(
                "artifact", message: "artifact is for the witness of a pair; a capsule has none")
        }
        guard schemaVersion == Self.currentSchema else {
            return ReleaseSchemaProblem(
                "schemaVersion", message: "a witness has the schemaVersion \(Self.currentSchema)")
        }
        guard artifact.tag == identity.tag else {
            return ReleaseSchemaProblem(
                "artifact", "tag",
                message: "artifact.tag is \(artifact.tag), which is not the tag of gitCommit \(gitCommit)")
        }
        return artifact.digest.problem(naming: "a package").map {
            ReleaseSchemaProblem("artifact", "digest", message: $0)
        }
    }
}
