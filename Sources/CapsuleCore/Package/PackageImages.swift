internal import Documents

/// A place in a package that names an image.
package struct PackageImageUse: Hashable, Sendable {
    /// The image as the package names it, with tag and digest. If a kustomization's `images` changes it, this is the
    /// changed text, since a render sees that.
    package var name: String
    /// The file, below the package directory.
    package var file: String
    /// The line, from 1.
    package var line: Int

    /// Describes a use.
    package init(name: String, file: String, line: Int) {
        self.name = name
        self.file = file
        self.line = line
    }
}

/// Finds the images that a package names.
///
/// For Kustomize: the containers of manifests and patches. For Helm, without rendering: the values in `values.yaml`
/// files and the literal lines of templates. Files that are not YAML are skipped; the lint reports those that matter.
package enum PackageImages {
    /// Every use, by file and line.
    package static func scan(_ package: PackageTree) -> [PackageImageUse] {
        let uses =
            switch package.kind {
            case .kustomize: kustomize(package.files)
            case .helm: HelmImages.scan(package.files)
            }
        var seen: Set<PackageImageUse> = []
        return uses.filter { seen.insert($0).inserted }.sorted {
            $0.file == $1.file ? $0.line < $1.line : $0.file < $1.file
        }
    }

    private static func kustomize(_ files: [PackageFile]) -> [PackageImageUse] {
        var uses: [PackageImageUse] = []
        var overrides: [ImageOverride] = []
        var budget = YAMLBudget.package
        for file in files {
            let name = file.path.lastSegment
            let isKustomization = FileTree.kustomizationNames.contains(name)
            guard isKustomization || isYAML(name),
                let documents = try? budget.documents(
                    file.content, file: file.path.description, limits: .manifests)
            else { continue }
            var scanner = ImageScanner(file: file.path.description, budget: budget)
            for document in documents {
                scanner.scan(document)
                if isKustomization { overrides += ImageOverride.read(document, file: file.path) }
            }
            uses += scanner.uses
            budget = scanner.budget
        }
        let changes = ImageOverrides(overrides)
        return uses.map { changes.applied(to: $0) }
    }

    /// True when a text can be an image: the longest reference is far shorter than this limit, and a template is filled
    /// in by a controller of Argo, Tekton or Kargo.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1024 && ImageName.withoutTemplates(text) == text
    }

    static func isYAML(_ name: String) -> Bool {
        [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }
}

/// Walks a YAML value for images.
struct ImageScanner {
    let file: String
    var uses: [PackageImageUse] = []
    private(set) var budget: YAMLBudget
    private var lineOffset = 0

    init(file: String, budget: YAMLBudget) {
        self.file = file
        self.budget = budget
    }

    private static let containerKeys: Set<String> = ["containers", "initContainers", "ephemeralContainers"]

    mutating func scan(_ node: YAMLNode) {
        switch node.value {
        case .scalar: return
        case .sequence(let elements):
            for element in elements { scan(element) }
            for element in elements { scanOperation(element) }
        case .mapping(let entries):
            for entry in entries {
                if Self.containerKeys.contains(entry.key), let containers = entry.value.sequence {
                    for container in containers { add(container["image"]) }
                }
                if entry.key == "volumes", let volumes = entry.value.sequence {
                    for volume in volumes { add(volume["image"]?["reference"]) }
                }
                if entry.key == "patch" || entry.key == "patchesStrategicMerge" { scanText(entry.value) }
                scan(entry.value)
            }
        }
    }

    private mutating func add(_ node: YAMLNode?) {
        guard let node, let name = node.string, PackageImages.isName(name) else { return }
        uses.append(PackageImageUse(name: name, file: file, line: node.line + lineOffset))
    }

    // Scans an operation of a JSON patch: `{op: replace, path: /spec/…/image, value: …}`.
    private mutating func scanOperation(_ node: YAMLNode) {
        guard node["op"]?.string != nil, let path = node["path"]?.string, let value = node["value"] else { return }
        if path.hasSuffix("/image") {
            add(value)
        } else if Self.containerKeys.contains(where: { path.contains("/\($0)/") }) {
            add(value["image"])
        } else if let key = Self.containerKeys.first(where: { path.hasSuffix("/\($0)") }) {
            scan(YAMLNode(.mapping([YAMLEntry(key: key, line: value.line, value: value)]), line: value.line))
        }
    }

    // Scans a patch that is written as text inside the kustomization.
    private mutating func scanText(_ node: YAMLNode) {
        for text in [node] + (node.sequence ?? []) {
            guard let string = text.string, !budget.isSpent,
                string.utf8.count > 1024 || string.contains("\n") || string.contains("{"),
                let documents = try? budget.documents(Array(string.utf8), file: file, limits: .manifests)
            else { continue }
            let before = lineOffset
            lineOffset += text.line
            for document in documents { scan(document) }
            lineOffset = before
        }
    }
}
