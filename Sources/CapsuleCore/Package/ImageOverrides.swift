internal import Documents

/// One element of a kustomization's `images`.
struct ImageOverride {
    let directory: String
    let name: String
    var newName: String?
    var newTag: String?
    var digest: String?
    let file: String
    var line: Int

    static func read(_ document: YAMLNode, file: RelativePath) -> [ImageOverride] {
        (document["images"]?.sequence ?? []).compactMap { node in
            guard let name = node["name"]?.string, PackageImages.isName(name) else { return nil }
            return ImageOverride(
                directory: file.parent?.description ?? "", name: name, newName: node["newName"]?.string,
                newTag: node["newTag"]?.string, digest: node["digest"]?.string, file: file.description, line: node.line)
        }
    }

    func changed(_ use: PackageImageUse) -> PackageImageUse {
        var image = ImageName(use.name)
        image.name = newName ?? image.name
        if newTag != nil || digest != nil {
            image.tag = newTag
            image.digest = digest
        }
        return PackageImageUse(name: image.text, file: file, line: line)
    }
}

/// The `images` of all kustomizations of a package, which change the images of the directories that they include.
struct ImageOverrides {
    private var byDirectory: [String: [String: ImageOverride]] = [:]

    init(_ overrides: [ImageOverride]) {
        for override in overrides {
            guard var known = byDirectory[override.directory]?[override.name] else {
                byDirectory[override.directory, default: [:]][override.name] = override
                continue
            }
            // An element applies to the result of earlier elements of the same kustomization, if the image still has
            // its name.
            guard known.newName == nil || known.newName == known.name else { continue }
            known.newName = override.newName
            if override.newTag != nil || override.digest != nil {
                (known.newTag, known.digest) = (override.newTag, override.digest)
            }
            known.line = override.line
            byDirectory[override.directory]?[override.name] = known
        }
    }

    /// Returns the use after all overrides, those of the innermost kustomization first, as a render applies them.
    func applied(to use: PackageImageUse) -> PackageImageUse {
        guard !byDirectory.isEmpty else { return use }
        var use = use
        var directory = (try? RelativePath(use.file))?.parent
        while true {
            let path = directory?.description ?? ""
            if let override = byDirectory[path]?[ImageName(use.name).name] { use = override.changed(use) }
            guard let current = directory else { return use }
            directory = current.parent
        }
    }
}
