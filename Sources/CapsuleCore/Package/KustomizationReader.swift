internal import Documents
internal import Support

/// Reads one kustomization (or plugin configuration) and collects its references and their problems.
struct KustomizationReader {
    let tree: FileTree
    /// The directory that references start from: the kustomization's, also for the plugin configurations that it names.
    let directory: String
    /// The file, as findings name it.
    let file: String
    let role: KustomizeRole
    /// Added to the line numbers of text inside a scalar.
    var lineOffset = 0
    var findings: [Finding] = []
    var directories: [KustomizeEdge] = []
    var manifests: [(path: String, line: Int)] = []
    var pluginFiles: [(path: String, line: Int)] = []
    /// Every file of the tree that kustomize would read for this one.
    var files: Set<String> = []
    /// The files and the directories of kustomizations that are referred to and are not in the tree.
    var absent: Set<String> = []
    var budget: YAMLBudget

    init(tree: FileTree, directory: String, file: String, role: KustomizeRole, budget: YAMLBudget) {
        self.budget = budget
        self.tree = tree
        self.directory = directory
        self.file = file
        self.role = role
    }

    /// Keys whose values do not refer to anything.
    static let plainKeys: Set<String> = [
        "apiVersion", "kind", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels",
        "commonAnnotations", "images", "imageTags", "replicas", "vars", "sortOptions", "generatorOptions",
        "buildMetadata",
    ]
    static let generatorKeys = [
        "name", "namespace", "behavior", "literals", "files", "envs", "env", "options", "type",
    ]
    static let patchKeys = ["path", "patch", "target", "options"]
    static let replacementKeys = ["path", "source", "sourceValue", "targets"]

    mutating func read(_ document: YAMLNode) {
        checkKind(document)
        for entry in document.mapping ?? [] where !entry.value.isNull {
            let key = entry.key
            if role == .plugin, !["resources", "apiVersion", "kind", "metadata"].contains(key) {
                report(
                    "package.plugin", entry.line,
                    "\(quoted(key)) in a directory of generators or transformers could change what they are",
                    "list only resources here")
                continue
            }
            switch key {
            case "resources":
                for node in texts(entry) { fileOrDirectory(node, key, role: role == .plugin ? .plugin : .resource) }
            case "bases": for node in texts(entry) { directoryReference(node, key, role: .resource) }
            case "components": for node in texts(entry) { directoryReference(node, key, role: .component) }
            case "crds", "configurations": for node in texts(entry) { fileReference(node, key) }
            case "patchesStrategicMerge": for node in texts(entry) { fileOrInlinePatch(node, key) }
            case "patches": patches(entry)
            case "patchesJson6902": pathElements(entry, keys: Self.patchKeys)
            case "replacements": pathElements(entry, keys: Self.replacementKeys)
            case "configMapGenerator", "secretGenerator": generators(entry)
            case "generators", "transformers", "validators": for node in texts(entry) { plugin(node, key) }
            case "openapi":
                for field in fields(entry.value, key, keys: ["path", "version"]) where field.key == "path" {
                    fileReference(field.value, "openapi.path")
                }
            case "helmCharts", "helmGlobals", "helmChartInflationGenerator":
                report(
                    "package.plugin", entry.line, "\(key) makes kustomize run helm, which may fetch the chart",
                    "render the chart into the package, or make a helm package of it")
            case _ where Self.plainKeys.contains(key): continue
            default:
                report(
                    "package.unknown-key", entry.line, "\(quoted(key)) is not a field of a kustomization",
                    "remove it, or spell it as kustomize's reference does (case matters here)")
            }
        }
    }

    private mutating func checkKind(_ document: YAMLNode) {
        let kind = document["kind"]?.string ?? "Kustomization"
        let expected: [String]
        switch role {
        case .entry: expected = ["Kustomization", "Component"]
        case .component: expected = ["Component"]
        case .package, .resource, .plugin: expected = ["Kustomization"]
        }
        guard !expected.contains(kind) else { return }
        let line = document["kind"]?.line ?? document.line
        guard role == .component else {
            return report(
                "package.layout", line, "this is a \(quoted(kind)), and a Kustomization is required here",
                role == .package
                    ? "name the directory of a Kustomization, which may apply it, as the entry"
                    : "list it under components")
        }
        report(
            "package.layout", line, "this is a \(quoted(kind)), such as an overlay, and a Component is required here",
            "write `apiVersion: kustomize.config.k8s.io/v1alpha1` and `kind: Component`, and remove the resources that it is "
                + "applied to; or list it under resources")
    }

    mutating func patches(_ entry: YAMLEntry) {
        guard let elements = entry.value.sequence else { return notAList(entry) }
        for element in elements {
            // kustomize reads an element that is a text as an element of `patchesStrategicMerge`.
            if element.string != nil {
                fileOrInlinePatch(element, entry.key)
            } else {
                for field in fields(element, entry.key, keys: Self.patchKeys) where field.key == "path" {
                    patchFile(field.value, "\(entry.key)[].path")
                }
            }
        }
    }

    mutating func pathElements(_ entry: YAMLEntry, keys: [String]) {
        guard let elements = entry.value.sequence else { return notAList(entry) }
        for element in elements {
            for field in fields(element, entry.key, keys: keys) where field.key == "path" {
                patchFile(field.value, "\(entry.key)[].path")
            }
        }
    }

    mutating func generators(_ entry: YAMLEntry) {
        guard let elements = entry.value.sequence else { return notAList(entry) }
        for element in elements {
            let name = element["name"]?.string.map { "\(entry.key) \(quoted($0))" } ?? entry.key
            generatorSources(fields(element, entry.key, keys: Self.generatorKeys), name)
        }
    }

    mutating func generatorSources(_ fields: [YAMLEntry], _ name: String) {
        for field in fields {
            switch field.key {
            case "files": for node in texts(field) { keyedFile(node, name) }
            case "envs": for node in texts(field) { fileReference(node, name) }
            case "env": fileReference(field.value, name)
            default: continue
            }
        }
    }

    // Reads `key=path` or a path alone; kustomize rejects more than one `=`.
    private mutating func keyedFile(_ node: YAMLNode, _ name: String) {
        guard let text = node.string else { return }
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count <= 2, let path = parts.last, parts.count == 1 || !parts[0].isEmpty else {
            return report(
                "package.unreadable", node.line, "\(name): \(quoted(text)) is not a path or key=path",
                "write one key, one = and one path")
        }
        fileReference(YAMLNode(.scalar(String(path), plain: false), line: node.line), name)
    }

    /// The text elements of a list; anything else is reported.
    mutating func texts(_ entry: YAMLEntry) -> [YAMLNode] {
        guard let elements = entry.value.sequence else {
            notAList(entry)
            return []
        }
        return elements.filter { element in
            if element.string == nil {
                report(
                    "package.unreadable", element.line, "\(entry.key) holds something that is not a text",
                    "write one path each")
            }
            return element.string != nil
        }
    }

    mutating func notAList(_ entry: YAMLEntry) {
        report("package.unreadable", entry.line, "\(entry.key) is not a list", "write each element after a dash")
    }

    /// The entries of a mapping; keys that are not known are reported and left out.
    mutating func fields(_ node: YAMLNode, _ what: String, keys: [String]) -> [YAMLEntry] {
        guard let mapping = node.mapping else {
            report("package.unreadable", node.line, "\(what) holds something that is not a mapping", "write key: value")
            return []
        }
        return mapping.filter { entry in
            if !keys.contains(entry.key) {
                report(
                    "package.unknown-key", entry.line, "\(quoted(entry.key)) is not a field of \(what)",
                    "remove it, or spell it as kustomize's reference does (case matters here)")
                return false
            }
            return !entry.value.isNull
        }
    }

    mutating func report(_ rule: String, _ line: Int, _ message: String, _ remedy: String) {
        guard findings.count < KustomizeWalk.maximumFindings else { return }
        findings.append(Finding(rule: rule, file: file, line: line + lineOffset, message: message, remedy: remedy))
    }
}
