internal import Documents
internal import OCI
internal import Support

/// A violation of a rule of the schema that the types of the fields do not express.
struct ReleaseSchemaProblem {
    /// The keys that lead to the problem.
    let path: [String]
    /// The problem and its remedy.
    let message: String

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
        func problem(_ path: String..., message: String) -> ReleaseSchemaProblem {
            ReleaseSchemaProblem(path: path, message: message)
        }
        guard schemaVersion == Self.currentSchema || schemaVersion == Self.legacySchema else {
            return problem(
                "schemaVersion",
                message: "schemaVersion \(quoted(schemaVersion)) is not known; this reads \(Self.currentSchema) and "
                    + Self.legacySchema)
        }
        if let problem = artifactProblem(in: form) { return problem }
        if image.name != nil { return problem("image", message: "image.name is not a key; leave it out") }
        if image.values != nil { return problem("image", message: "image.values is not a key; see package.values") }
        if images?.isEmpty == true { return problem("images", message: "images is empty; leave the key out") }
        var names: Set<String> = []
        for (index, image) in (images ?? []).enumerated() {
            guard let name = image.name, !name.isEmpty else {
                return problem("images", message: "images[\(index)].name is missing; add it")
            }
            guard names.insert(name).inserted else {
                return problem("images", message: "images names \(quoted(name)) twice; keep one")
            }
            guard image.digest != nil else {
                return problem("images", message: "images[\(index)].digest is missing; every further image is pinned")
            }
        }
        if package.kind != .helm {
            let message = "is for helm; a kustomize package has none"
            if package.values != nil { return problem("package", "values", message: "package.values \(message)") }
            if images?.contains(where: { $0.values != nil }) == true {
                return problem("images", message: "images[].values \(message)")
            }
        }
        let digests =
            [("image", image.digest), ("package", package.digest)] + (images ?? []).map { ("images", $0.digest) }
        for case let (key, digest?) in digests {
            if let problem = digest.problem(naming: key == "package" ? "a package" : "an image") {
                return ReleaseSchemaProblem(path: [key, "digest"], message: "\(key): \(problem)")
            }
        }
        if package.kind == .helm, package.entry != nil {
            return problem("package", "entry", message: "package.entry is for kustomize; a helm package has none")
        }
        if let metadata, metadata.sbomPath == nil, metadata.provenancePath == nil {
            return problem("metadata", message: "metadata has no keys; leave it out")
        }
        guard schemaVersion == Self.currentSchema else { return nil }
        let required: [(String, String, Bool)] = [
            ("source", "", source != nil), ("image", "digest", image.digest != nil),
            ("package", "entry", package.kind == .helm || package.entry != nil),
            ("package", "digest", package.digest != nil), ("metadata", "", metadata != nil),
            ("metadata", "sbomPath", metadata?.sbomPath != nil),
            ("metadata", "provenancePath", metadata?.provenancePath != nil), ("packing", "", packing != nil),
        ]
        for (outer, inner, present) in required where !present {
            return problem(
                outer, inner, message: "\(inner.isEmpty ? outer : "\(outer).\(inner)") is missing; add it")
        }
        guard packing == Self.currentPacking else {
            return problem(
                "packing",
                message: "packing \(packing ?? 0) is not known; this reads \(Self.currentPacking). A newer version of "
                    + "capsule may be needed")
        }
        return nil
    }

    /// The violation of a rule about `artifact`, which a witness must have and a capsule must not.
    private func artifactProblem(in form: ReleaseForm) -> ReleaseSchemaProblem? {
        func problem(_ path: String..., message: String) -> ReleaseSchemaProblem {
            ReleaseSchemaProblem(path: path, message: message)
        }
        guard let artifact else {
            guard form == .pair else { return nil }
            return problem("artifact", message: "artifact is missing; a witness names the package of its pair")
        }
        guard form == .pair else {
            return problem("artifact", message: "artifact is for the witness of a pair; a capsule has none")
        }
        guard schemaVersion == Self.currentSchema else {
            return problem("schemaVersion", message: "a witness has the schemaVersion \(Self.currentSchema)")
        }
        guard artifact.tag == identity.tag else {
            return problem(
                "artifact", "tag", message: "artifact.tag is \(artifact.tag), and gitCommit \(gitCommit)")
        }
        return artifact.digest.problem(naming: "a package").map { problem("artifact", "digest", message: $0) }
    }
}
