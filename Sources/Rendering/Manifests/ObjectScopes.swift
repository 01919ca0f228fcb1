internal import CapsuleCore
internal import Documents

/// The scopes of the kinds of one render. The first of these that knows a kind decides: Kubernetes' own groups, the
/// stage's settings, the table of widely used custom resources, the CustomResourceDefinitions of the render, of the
/// environment policy and of the package.
struct ObjectScopes {
    private let scopes: [GroupKind: KubernetesScope]
    private let configured: [GroupKind: KubernetesScope]

    /// - Parameters:
    ///   - files: the files that may hold definitions; they are read only when a kind is not known otherwise.
    init(_ items: [ManifestStream.Item], options: RenderOptions, files: () -> [PackageFile]) {
        var configured: [GroupKind: KubernetesScope] = [:]
        for kind in options.namespacedKinds { configured[kind] = .namespace }
        for kind in options.clusterScopedKinds { configured[kind] = .cluster }
        self.configured = configured
        var scopes: [GroupKind: KubernetesScope] = [:]
        var unknown: Set<GroupKind> = []
        for item in items where scopes[item.object.groupKind] == nil {
            let kind = item.object.groupKind
            let scope = Self.known(kind, configured)
            scopes[kind] = scope
            if scope == .unknown { unknown.insert(kind) }
        }
        if !unknown.isEmpty {
            var definitions = CustomResourceScopes()
            for item in items { definitions.add(item.node) }
            for file in files() { definitions.add(file) }
            for kind in unknown { scopes[kind] = definitions.scopes[kind] ?? .unknown }
        }
        self.scopes = scopes
    }

    /// The scope of a kind that the render has.
    func of(_ kind: GroupKind) -> KubernetesScope { scopes[kind] ?? Self.known(kind, configured) }

    private static func known(_ kind: GroupKind, _ configured: [GroupKind: KubernetesScope]) -> KubernetesScope {
        let builtIn = KubernetesScope.builtIn(group: kind.group, kind: kind.kind)
        if builtIn != .unknown { return builtIn }
        return configured[kind] ?? KubernetesScope.ofCustomResource(group: kind.group, kind: kind.kind)
    }
}

/// The scopes that CustomResourceDefinitions give to their kinds.
struct CustomResourceScopes {
    private(set) var scopes: [GroupKind: KubernetesScope] = [:]

    /// Adds the definitions in a file. A file that is not YAML, such as a template, has none that can be read.
    mutating func add(_ file: PackageFile) {
        let name = file.path.lastSegment
        guard [".yaml", ".yml", ".json"].contains(where: name.hasSuffix),
            String(decoding: file.content, as: UTF8.self).contains("CustomResourceDefinition"),
            let documents = try? YAMLParser.documents(file.content, file: name)
        else { return }
        for document in documents { add(document) }
    }

    /// Adds an object if it is a definition, or those in a list. Where two definitions disagree, the kind is taken for
    /// cluster-scoped.
    mutating func add(_ node: YAMLNode) {
        if node["kind"]?.string?.hasSuffix("List") == true {
            for element in node["items"]?.sequence ?? [] where element["items"] == nil { add(element) }
            return
        }
        guard node["kind"]?.string == "CustomResourceDefinition",
            node["apiVersion"]?.string?.hasPrefix("apiextensions.k8s.io/") == true, let spec = node["spec"],
            let group = spec["group"]?.string, let kind = spec["names"]?["kind"]?.string
        else { return }
        let key = GroupKind(group: group, kind: kind)
        switch spec["scope"]?.string {
        case "Cluster": scopes[key] = .cluster
        case "Namespaced" where scopes[key] == nil: scopes[key] = .namespace
        default: break
        }
    }
}
