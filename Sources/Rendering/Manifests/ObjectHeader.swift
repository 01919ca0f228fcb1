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
    let name: String
    let namespace: String?

    static func read(_ node: YAMLNode) -> Result<ObjectHeader, Problem> {
        guard node.mapping != nil else { return .failure(Problem(message: "is not a mapping")) }
        guard let apiVersion = node["apiVersion"]?.string, let kind = node["kind"]?.string, !apiVersion.isEmpty,
            !kind.isEmpty
        else { return .failure(Problem(message: "has no apiVersion or no kind")) }
        guard kind != "List" else { return .failure(Problem(message: "is a List without items")) }
        guard let metadata = node["metadata"], let name = metadata["name"]?.string, !name.isEmpty else {
            return .failure(Problem(message: "(\(quoted(kind))) has no metadata.name"))
        }
        if let namespace = metadata["namespace"], !namespace.isNull, namespace.string == nil {
            return .failure(Problem(message: "(\(quoted(kind)) \(quoted(name))) has a namespace that is not a name"))
        }
        let namespace = metadata["namespace"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        return .success(ObjectHeader(apiVersion: apiVersion, kind: kind, name: name, namespace: namespace))
    }

    /// The problem of an object whose type, name or namespace is not text for Kubernetes; nil when there is none.
    static func typedField(of node: YAMLNode, _ header: ObjectHeader) -> Problem? {
        let fields = [
            ("apiVersion", node["apiVersion"]), ("kind", node["kind"]), ("metadata.name", node["metadata"]?["name"]),
            ("metadata.namespace", node["metadata"]?["namespace"]),
        ]
        guard let (field, value) = fields.first(where: { $0.1?.isTyped == true }) else { return nil }
        return Problem(
            message: "(\(header.title)) has \(field) \(value?.string ?? ""), which Kubernetes does not read as text",
            remedy: "write it in quotes")
    }

    var group: String { apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : "" }

    var title: String { quotedTitle("\(kind) \(namespace.map { "\($0)/" } ?? "")\(name)") }

    /// The namespace in the object's file name; nil for the kinds that kustomize knows to be cluster-scoped.
    func home(default namespace: String) -> String? {
        KubernetesScope.builtIn(group: group, kind: kind) == .cluster ? nil : self.namespace ?? namespace
    }

    /// The file name that `kustomize build -o DIR` gives the object: those of group, version, kind and name that
    /// exist, in lower case.
    var fileName: String {
        (apiVersion.split(separator: "/").map(String.init) + [kind, name]).joined(separator: "_") + ".yaml"
    }
}

/// A title for a message, quoted when it contains characters that Kubernetes does not allow in names.
package func quotedTitle(_ title: String) -> String {
    let plain = title.unicodeScalars.allSatisfy {
        $0.isASCII
            && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "-._/: ".unicodeScalars.contains($0))
    }
    return plain && title.utf8.count <= 200 ? title : quoted(title)
}

extension YAMLNode {
    /// True for a plain scalar that a reader of YAML 1.1 takes for a number or a truth value.
    fileprivate var isTyped: Bool {
        if case .scalar(let text, plain: true) = value { !isNull && YAMLText.looksTyped(text) } else { false }
    }
}
