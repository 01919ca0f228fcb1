internal import Documents

/// A place in the values of a chart that names an image, and the values to set there.
struct HelmImageCandidate: Hashable {
    /// The path of the mapping or text, such as `web.image`; empty for the values themselves.
    let path: [String]
    /// The image that the chart names by default, without tag and digest; empty when the chart names none.
    let repository: String
    /// True when the key or its neighbours say that the value is an image; false for a `repository` alone.
    let isCertain: Bool
    /// The templates to set, by their path.
    var templates: [String: String]
    /// True when the registry has a value of its own.
    let hasRegistry: Bool
    /// The path to set to the repository; its template depends on where the registry is set.
    let repositoryKey: String
    /// True when a value of its own sets the tag.
    let hasTag: Bool

    /// The repository that a container runtime would pull from, in full.
    var fullRepository: String { ImageName(repository).runtimeRepository }

    /// The last segment of the repository.
    var lastSegment: String { repository.split(separator: "/").last.map(String.init) ?? "" }
}

extension HelmImageCandidate {
    private static let registryKeys = ["registry", "imageRegistry"]
    private static let repositoryKeys = ["repository", "imageRepository", "repo", "image", "name"]
    private static let tagKeys = ["tag", "imageTag", "version"]
    static let digestKeys = ["digest", "imageDigest", "sha", "sha256"]

    /// Finds every candidate in the values of a chart.
    static func all(in values: HelmValuesTree) -> [HelmImageCandidate] {
        var found: [HelmImageCandidate] = []
        var set: Set<String> = []
        func add(_ candidate: HelmImageCandidate) {
            found.append(candidate)
            set.formUnion(candidate.templates.keys)
        }
        func visit(_ node: YAMLNode, _ path: [String]) {
            if let candidate = mapping(node, path, values) {
                add(candidate)
                // Inside of an image there is no other one, unless the mapping is that of a whole component.
                if isImageKey(path.last) { return }
            }
            for entry in node.mapping ?? [] where isSettable(entry.key) {
                let inner = path + [entry.key]
                if let candidate = text(entry, of: node, inner),
                    !set.contains(inner.joined(separator: "."))
                {
                    add(candidate)
                }
                visit(entry.value, inner)
            }
        }
        if let root = values.root { visit(root, []) }
        return found
    }

    /// `image: {registry, repository, tag, digest}` and its variants.
    private static func mapping(_ node: YAMLNode, _ path: [String], _ values: HelmValuesTree) -> HelmImageCandidate? {
        guard let entries = node.mapping else { return nil }
        func key(_ names: [String]) -> String? { names.first { name in entries.contains { $0.key == name } } }
        let isImage = isImageKey(path.last)
        let registry = key(registryKeys)
        let tag = key(isImage ? tagKeys : tagKeys.dropLast())
        let digest = key(digestKeys)
        guard
            let repository = repositoryKeys.first(where: { name in
                guard let value = node[name], value.mapping == nil, value.sequence == nil else { return false }
                // `name` and `image` mean an image only next to a tag, a digest or a registry.
                if name == "name" { return isImage && (tag ?? digest ?? registry) != nil }
                return name != "image" || (tag ?? digest ?? registry) != nil
            })
        else { return nil }
        let text = node[repository]?.string ?? ""
        guard text.isEmpty ? isImage : PackageImages.isName(text) else { return nil }
        let name = ImageName(text)
        let isWhole = tag == nil && (name.tag ?? name.digest) != nil
        func place(_ key: String) -> String { (path + [key]).joined(separator: ".") }
        var templates: [String: String] = [:]
        if let registry { templates[place(registry)] = "{registry}" }
        templates[place(repository)] = isWhole ? "{reference}" : registry == nil ? "{repository}" : "{path}"
        if let tag { templates[place(tag)] = "{tag}" }
        if let digest {
            templates[place(digest)] = usesHash(digest, node[digest]?.string ?? "", values) ? "{hex}" : "{digest}"
        }
        let base = registry.flatMap { node[$0]?.string }.map { $0.isEmpty ? name.name : "\($0)/\(name.name)" }
        return HelmImageCandidate(
            path: path, repository: base ?? name.name,
            isCertain: isImage || (tag ?? digest ?? registry) != nil || repository == "imageRepository",
            templates: templates, hasRegistry: registry != nil || isWhole, repositoryKey: place(repository),
            hasTag: tag != nil || isWhole)
    }

    /// `image: registry.example.com/shop/web:1.0`, with or without `tag` next to it.
    private static func text(_ entry: YAMLEntry, of parent: YAMLNode, _ path: [String]) -> HelmImageCandidate? {
        guard entry.key == "image" || entry.key.hasSuffix("Image"), let text = entry.value.string,
            PackageImages.isName(text)
        else { return nil }
        let name = ImageName(text)
        let place = path.joined(separator: ".")
        let isWhole = (name.tag ?? name.digest) != nil
        var templates = [place: isWhole ? "{reference}" : "{repository}"]
        let tag = isWhole ? nil : ["tag", "\(entry.key)Tag", "imageTag", "version"].first { parent[$0] != nil }
        if let tag { templates[(path.dropLast() + [tag]).joined(separator: ".")] = "{tag}" }
        return HelmImageCandidate(
            path: path, repository: name.name, isCertain: true, templates: templates, hasRegistry: isWhole,
            repositoryKey: place, hasTag: isWhole || tag != nil)
    }

    /// True when the chart writes `sha256:` itself.
    private static func usesHash(_ key: String, _ value: String, _ values: HelmValuesTree) -> Bool {
        if value.contains(":") { return false }
        if key.hasPrefix("sha") || value.utf8.count == 64 { return true }
        return values.hashKeys.contains(key)
    }

    static func isImageKey(_ key: String?) -> Bool {
        guard let key else { return false }
        return key == "image" || key.hasSuffix("Image")
            || key.hasPrefix("image") && key.dropFirst(5).first?.isUppercase == true
    }

    // A key with other characters cannot be part of a path.
    private static func isSettable(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.first != UInt8(ascii: "-")
            && key.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
            }
    }
}
