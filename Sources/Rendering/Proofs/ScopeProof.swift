internal import CapsuleCore
internal import Support

/// Proves that every object is applied to a namespace that the deployment may write to.
enum ScopeProof {
    static func check(
        _ items: [ManifestStream.Item], kind: PackageKind, deployment: Deployment, allowedNamespaces: Set<String>,
        allowClusterScoped: Bool, locator: SourceLocator
    ) -> [Finding] {
        let allowed = allowedNamespaces.union([deployment.namespace])
        return items.compactMap { item in
            let object = item.object
            let title = quotedTitle(object.title)
            let scope = KubernetesScope.of(group: object.group, kind: object.kind)
            if scope != .cluster, let namespace = object.namespace {
                guard !allowed.contains(namespace) else { return nil }
                let place = locator.find(["namespace: \(namespace)", "namespace: \"\(namespace)\"", namespace])
                return Finding(
                    rule: "render.namespace", file: place?.file ?? object.file.description, line: place?.line,
                    message: "\(title): metadata.namespace is \(quoted(namespace)), and deployment \(deployment.name) "
                        + "writes to \(allowed.sorted().joined(separator: ", "))",
                    remedy: "remove the namespace, or allow it for this deployment")
            }
            // Helm omits the namespace, and objects are applied to that of the deployment. Kustomize writes the
            // namespace into every object that is not of a known cluster-scoped kind.
            if scope == .namespace, kind == .helm { return nil }
            guard scope != .namespace else {
                return Finding(
                    rule: "render.namespace", file: object.file.description,
                    message: "\(title): metadata.namespace is missing", remedy: "write the deployment's namespace")
            }
            guard !allowClusterScoped else { return nil }
            let place = locator.find(["kind: \(object.kind)"])
            let hint =
                scope == .unknown && kind == .helm
                ? ", or write namespace: {{ .Release.Namespace }} if it belongs in one" : ""
            return Finding(
                rule: "render.cluster-scope", file: place?.file ?? object.file.description, line: place?.line,
                message:
                    "\(title): it is not in a namespace, and deployment \(deployment.name) may not write cluster-scoped objects",
                remedy: "let an administrator of the cluster apply it, or allow cluster-scoped objects\(hint)")
        }
    }
}
