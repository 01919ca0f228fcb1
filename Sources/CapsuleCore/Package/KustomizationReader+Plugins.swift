internal import Documents
internal import Support

/// Reads generators, transformers and validators. Only those that are built into kustomize run without fetching or
/// executing anything.
extension KustomizationReader {
    private static let builtins: Set<String> = [
        "AnnotationsTransformer", "ConfigMapGenerator", "HashTransformer", "IAMPolicyGenerator", "ImageTagTransformer",
        "LabelTransformer", "LegacyOrderTransformer", "NamespaceTransformer", "PatchJson6902Transformer",
        "PatchStrategicMergeTransformer", "PatchTransformer", "PrefixSuffixTransformer", "PrefixTransformer",
        "ReplacementTransformer", "ReplicaCountTransformer", "SecretGenerator", "SortOrderTransformer",
        "SuffixTransformer", "ValueAddTransformer",
    ]
    /// Keys of built-in configurations that name files, in the one spelling that is accepted.
    private static let referringKeys: Set<String> = ["path", "paths", "files", "envs", "env", "replacements"]

    mutating func plugin(_ node: YAMLNode, _ what: String) {
        guard let documents = inline(node) else { return fileOrDirectory(node, what, role: .plugin) }
        let before = lineOffset
        // The text of a block scalar begins on the line after its indicator.
        lineOffset += node.line
        for document in documents { readPlugin(document) }
        lineOffset = before
    }

    mutating func readPlugins(_ content: [UInt8]) {
        do {
            for document in try budget.documents(content, file: file, limits: .kustomizations) {
                readPlugin(document)
            }
        } catch {
            findings.append(Finding(unreadable: error, file: file))
        }
    }

    private mutating func readPlugin(_ document: YAMLNode) {
        let kind = document["kind"]?.string ?? ""
        let annotations = document["metadata"]?["annotations"]?.mapping ?? []
        if let function = annotations.first(where: { Self.isFunctionKey($0.key) }) {
            return report(
                "package.plugin", function.line,
                "the \(quoted(kind)) is a function: \(function.key) makes kustomize run a container or a program",
                "run it before the release is built, and keep its output in the package")
        }
        guard document["apiVersion"]?.string == "builtin", Self.builtins.contains(kind) else {
            let helm = kind == "HelmChartInflationGenerator"
            return report(
                "package.plugin", document.line,
                helm
                    ? "HelmChartInflationGenerator makes kustomize run helm, which may fetch the chart"
                    : "the \(quoted(kind)) is not built into kustomize, so kustomize would run a plugin",
                helm
                    ? "render the chart into the package, or make a helm package of it"
                    : "run it before the release is built, and keep its output in the package")
        }
        for entry in document.mapping ?? [] where entry.key == "<<" || isMisspelled(entry.key) {
            report(
                "package.unknown-key", entry.line, "\(quoted(entry.key)) in a \(kind) hides a reference",
                "spell the key in lowercase, without merge keys")
        }
        readReferences(of: document, kind)
    }

    private mutating func readReferences(of document: YAMLNode, _ kind: String) {
        for entry in document.mapping ?? [] where !entry.value.isNull {
            switch (kind, entry.key) {
            case ("PatchTransformer", "path"), ("PatchJson6902Transformer", "path"):
                fileReference(entry.value, "\(kind) path")
            case ("PatchStrategicMergeTransformer", "paths"):
                for node in texts(entry) { fileOrInlinePatch(node, "\(kind) paths") }
            case ("ConfigMapGenerator", _), ("SecretGenerator", _):
                generatorSources([entry], kind)
            case ("ReplacementTransformer", "replacements"):
                pathElements(entry, keys: Self.replacementKeys)
            default: continue
            }
        }
    }

    // kustomize matches keys without regard to case, by Unicode's folding.
    private func isMisspelled(_ key: String) -> Bool {
        let folded = key.uppercased().lowercased()
        return folded != key && Self.referringKeys.contains(folded)
    }

    private static func isFunctionKey(_ key: String) -> Bool {
        ["config.kubernetes.io/function", "config.k8s.io/function"].contains(key)
    }
}
