internal import Documents
internal import Support

/// The type, name and namespace of an object.
struct ObjectHeader: Hashable {
    struct Problem: Error {
        let message: String
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
        // The proofs do not examine the items of lists, and no renderer requires lists.
        if kind.hasSuffix("List"), node["items"] != nil {
            return .failure(Problem(message: "is a list (\(quoted(kind))) of objects"))
        }
        guard let metadata = node["metadata"], let name = metadata["name"]?.string, !name.isEmpty else {
            return .failure(Problem(message: "(\(quoted(kind))) has no metadata.name"))
        }
        if let namespace = metadata["namespace"], !namespace.isNull, namespace.string == nil {
            return .failure(Problem(message: "(\(quoted(kind)) \(quoted(name))) has a namespace that is not a name"))
        }
        let namespace = metadata["namespace"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        return .success(ObjectHeader(apiVersion: apiVersion, kind: kind, name: name, namespace: namespace))
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
