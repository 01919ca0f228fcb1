internal import Documents

/// Finds the images that a chart names, as far as this is possible without rendering.
enum HelmImages {
    static func scan(_ files: [PackageFile]) -> [PackageImageUse] {
        let files = PackedCharts.open(files).files
        var uses: [PackageImageUse] = []
        let tree = FileTree(files)
        var budget = YAMLBudget.package
        for file in files {
            let name = file.path.lastSegment
            let path = file.path.description
            if name == "values.yaml" {
                guard let values = try? budget.documents(file.content, file: path, limits: .manifests).first else {
                    continue
                }
                let chart = FileTree.join(file.path.parent?.description ?? "", "Chart.yaml")
                var scanner = HelmValuesScanner(file: path, appVersion: appVersion(tree.file(chart)))
                scanner.scan(values)
                uses += scanner.uses
            } else if file.path.segments.contains("templates"), PackageImages.isYAML(name) || name.hasSuffix(".tpl") {
                uses += literals(file)
            }
        }
        return uses
    }

    private static func appVersion(_ chart: PackageFile?) -> String? {
        guard let chart,
            let node = try? YAMLParser.document(chart.content, file: "Chart.yaml", limits: .manifests)
        else { return nil }
        return node["appVersion"]?.string
    }

    // Finds `image: name:tag` in the literal text of a template. A value with a template action is known only after
    // rendering.
    private static func literals(_ file: PackageFile) -> [PackageImageUse] {
        let lines = file.content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { index, bytes in
            var line = String(decoding: bytes, as: UTF8.self).drop { $0 == " " || $0 == "-" }
            guard line.hasPrefix("image:"), !line.contains("{{") else { return nil }
            line = line.dropFirst("image:".count).drop { $0 == " " }
            let quote = line.first.flatMap { $0 == "\"" || $0 == "'" ? $0 : nil }
            let value =
                quote.map { quote in line.dropFirst().prefix { $0 != quote } }
                ?? line.prefix { $0 != " " && $0 != "\r" }
            guard PackageImages.isName(String(value)) else { return nil }
            return PackageImageUse(name: String(value), file: file.path.description, line: index + 1)
        }
    }
}

/// Walks `values.yaml` for the two conventions: `image: name:tag`, and `image: {registry, repository, tag, digest}`.
struct HelmValuesScanner {
    let file: String
    let appVersion: String?
    var uses: [PackageImageUse] = []

    init(file: String, appVersion: String?) {
        self.file = file
        self.appVersion = appVersion
    }

    mutating func scan(_ node: YAMLNode) {
        for element in node.sequence ?? [] { scan(element) }
        for entry in node.mapping ?? [] {
            let isImage = entry.key == "image" || entry.key.hasSuffix("Image")
            if isImage, let text = entry.value.string, PackageImages.isName(text) {
                uses.append(PackageImageUse(name: text, file: file, line: entry.value.line))
            } else if let repository = entry.value["repository"]?.string, PackageImages.isName(repository),
                isImage || entry.value["tag"] != nil || entry.value["digest"] != nil
            {
                add(entry.value, repository)
            } else {
                scan(entry.value)
            }
        }
    }

    private mutating func add(_ node: YAMLNode, _ repository: String) {
        var name = repository
        if let registry = node["registry"]?.string, !registry.isEmpty { name = "\(registry)/\(name)" }
        // Charts use their appVersion when the tag is empty.
        if let tag = [node["tag"]?.string, appVersion].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            name += tag.contains("@") ? (tag.hasPrefix("@") ? tag : ":\(tag)") : ":\(tag)"
        }
        if let digest = node["digest"]?.string, !digest.isEmpty { name += "@\(digest)" }
        uses.append(PackageImageUse(name: name, file: file, line: node["repository"]?.line ?? node.line))
    }
}
