internal import Documents
internal import Support

/// The type, name and namespace of an object.
struct ObjectHeader: Hashable {
    struct Problem: Error {
        let message: String
        var remedy = "every rendered document must be one Kubernetes object"
    }

    let apiVersion: String
    let kind: String
    /// The name; empty for a hook whose name is generated.
    let name: String
    let namespace: String?
    /// `metadata.generateName` of a hook without a name; otherwise nil.
    let generateName: String?

    static func read(_ node: YAMLNode) -> Result<ObjectHeader, Problem> {
        guard node.mapping != nil else { return .failure(Problem(message: "is not a mapping")) }
        guard let apiVersion = node["apiVersion"]?.string, let kind = node["kind"]?.string, !apiVersion.isEmpty,
            !kind.isEmpty
        else { return .failure(Problem(message: "has no apiVersion or no kind")) }
        guard kind != "List" else { return .failure(Problem(message: "is a List without items")) }
        let metadata = node["metadata"]
        let name = metadata?["name"]?.string ?? ""
        let generateName = name.isEmpty ? metadata?["generateName"]?.string.flatMap { $0.isEmpty ? nil : $0 } : nil
        guard let metadata, !name.isEmpty || generateName != nil else {
            return .failure(Problem(message: "(\(quoted(kind))) has no metadata.name"))
        }
        if let generateName, !HookName.isHook(metadata) {
            return .failure(
                Problem(
                    message:
                        "(\(quoted(kind))) has metadata.generateName \(quoted(generateName)) and no metadata.name, and is "
                        + "not a hook: each time that it is applied, it would be another object",
                    remedy:
                        "give the object a name, or make it a hook of Argo CD with the annotation argocd.argoproj.io/hook"
                ))
        }
        if let namespace = metadata["namespace"], !namespace.isNull, namespace.string == nil {
            let title = quoted(generateName ?? name)
            return .failure(Problem(message: "(\(quoted(kind)) \(title)) has a namespace that is not a name"))
        }
        let namespace = metadata["namespace"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        return .success(
            ObjectHeader(
                apiVersion: apiVersion, kind: kind, name: name, namespace: namespace, generateName: generateName))
    }

    /// The problem of an object whose type, name or namespace is not text for Kubernetes; nil when there is none.
    static func typedField(of node: YAMLNode, _ header: ObjectHeader) -> Problem? {
        let fields = [
            ("apiVersion", node["apiVersion"]), ("kind", node["kind"]), ("metadata.name", node["metadata"]?["name"]),
            ("metadata.namespace", node["metadata"]?["namespace"]),
            ("metadata.generateName", header.generateName == nil ? nil : node["metadata"]?["generateName"]),
        ]
        guard let (field, value) = fields.first(where: { $0.1?.isTyped == true }) else { return nil }
        return Problem(
            message: "(\(header.title)) has \(field) \(value?.string ?? ""), which Kubernetes does not read as text",
            remedy: "write it in quotes")
    }

    var group: String { apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : "" }

    var title: String {
        let label = generateName.map { HookName.label($0, in: nil) } ?? name
        return quotedTitle("\(kind) \(namespace.map { "\($0)/" } ?? "")\(label)")
    }

    /// The namespace in the object's file name; nil for the kinds that kustomize knows to be cluster-scoped.
    func home(default namespace: String) -> String? {
        KubernetesScope.builtIn(group: group, kind: kind) == .cluster ? nil : self.namespace ?? namespace
    }

    /// The file name that `kustomize build -o DIR` gives the object: those of group, version, kind and name that
    /// exist, in lower case. kustomize does not take a hook without a name.
    ///
    /// - Parameter number: the number of a hook among those with the same `generateName`, from 1.
    func fileName(number: Int) -> String {
        let name = generateName.map { HookName.fileEnd($0, number: number) } ?? name
        return (apiVersion.split(separator: "/").map(String.init) + [kind, name]).joined(separator: "_") + ".yaml"
    }
}

/// A title for a message, quoted when it contains characters that Kubernetes does not allow in names.
package func quotedTitle(_ title: String) -> String {
    let plain = title.unicodeScalars.allSatisfy {
        $0.isASCII
            && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                || "-._/: *()".unicodeScalars.contains($0))
    }
    return plain && title.utf8.count <= 200 ? title : quoted(title)
}

extension YAMLNode {
    /// True for a plain scalar that a reader of YAML 1.1 takes for a number or a truth value.
    fileprivate var isTyped: Bool {
        if case .scalar(let text, plain: true) = value { !isNull && YAMLText.looksTyped(text) } else { false }
    }
}
