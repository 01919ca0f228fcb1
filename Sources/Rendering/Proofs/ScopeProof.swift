internal import CapsuleCore
internal import Support

/// Proves that every object goes where the deployment may write.
enum ScopeProof {
    static func check(
        _ items: [ManifestStream.Item], kind: PackageKind, deployment: Deployment, allowedNamespaces: Set<String>,
        allowClusterScoped: Bool, blame: Blame
    ) -> [Finding] {
        let allowed = allowedNamespaces.union([deployment.namespace])
        return items.compactMap { item in
            let object = item.object
            let title = quotedTitle(object.title)
            let scope = KubernetesScope.of(group: object.group, kind: object.kind)
            if scope != .cluster, let namespace = object.namespace {
                guard !allowed.contains(namespace) else { return nil }
                let place = blame.find(["namespace: \(namespace)", "namespace: \"\(namespace)\"", namespace])
                return Finding(
                    rule: "render.namespace", file: place?.file ?? object.file.description, line: place?.line,
                    message: "\(title): metadata.namespace is \(quoted(namespace)), and deployment \(deployment.name) "
                        + "writes to \(allowed.sorted().joined(separator: ", "))",
                    remedy: "remove the namespace, or allow it for this deployment")
            }
            // helm leaves the namespace to whoever applies the objects, which is the deployment's own; kustomize writes
            // it into everything that it does not know to be cluster-scoped.
            if scope == .namespace, kind == .helm { return nil }
            guard scope != .namespace else {
                return Finding(
                    rule: "render.namespace", file: object.file.description,
                    message: "\(title): metadata.namespace is missing", remedy: "write the deployment's namespace")
            }
            guard !allowClusterScoped else { return nil }
            let place = blame.find(["kind: \(object.kind)"])
            let hint =
                scope == .unknown && kind == .helm
                ? ", or write namespace: {{ .Release.Namespace }} if it belongs in one" : ""
            return Finding(
                rule: "render.cluster-scope", file: place?.file ?? object.file.description, line: place?.line,
                message:
                    "\(title): it stands outside any namespace, and deployment \(deployment.name) may not write there",
                remedy: "have it applied by whoever runs the cluster, or allow cluster-scoped objects\(hint)")
        }
    }
}
