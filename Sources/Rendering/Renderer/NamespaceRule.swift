package import Documents

/// How a generated kustomization gives objects their namespace.
///
/// kustomize's `namespace` gives the deployment's namespace to every object, also to those that name another one. Where a
/// stage allows further namespaces, an object keeps the namespace that it names, and only the others get the
/// deployment's. The proofs then reject a namespace that is not allowed.
package struct NamespaceRule: Hashable {
    /// The namespace of the deployment.
    let namespace: String
    /// True when an object keeps the namespace that it names.
    let keepsNamed: Bool

    /// The rule of a stage.
    ///
    /// - Parameter allowed: the namespaces that the stage allows in addition to the deployment's own.
    package init(_ deployment: Deployment, allowed: some Collection<String>) {
        self.init(namespace: deployment.namespace, keepsNamed: allowed.contains { $0 != deployment.namespace })
    }

    init(namespace: String, keepsNamed: Bool) {
        self.namespace = namespace
        self.keepsNamed = keepsNamed
    }

    /// The field of the kustomization: `namespace`, or `transformers` with kustomize's own transformer.
    ///
    /// The transformer treats the fields that `namespace` treats, with one exception: a Namespace object keeps its name. It
    /// leaves references to Services and ServiceAccounts of the render to kustomize, which lets them follow the object.
    package var field: (key: String, value: JSONValue) {
        guard keepsNamed else { return ("namespace", .string(namespace)) }
        let transformer: JSONValue = [
            "apiVersion": "builtin",
            "kind": "NamespaceTransformer",
            "metadata": ["name": "namespace", "namespace": .string(namespace)],
            "unsetOnly": true,
            "setRoleBindingSubjects": "defaultOnly",
            "fieldSpecs": [
                [
                    "path": "spec/service/namespace", "group": "apiregistration.k8s.io", "kind": "APIService",
                    "create": true,
                ]
            ],
        ]
        return ("transformers", [.string(transformer.yaml)])
    }

    /// The field as lines of a kustomization.
    var yaml: String { JSONValue.object([JSONMember(key: field.key, value: field.value)]).yaml }
}
