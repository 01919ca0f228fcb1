internal import CapsuleCore
internal import Support

/// Proves that every object is applied to a namespace that the deployment may write to.
struct ScopeProof {
    let kind: PackageKind
    let deployment: Deployment
    let options: RenderOptions
    let scopes: ObjectScopes
    let locator: SourceLocator

    func check(_ items: [ManifestStream.Item]) -> [Finding] {
        var findings: [Finding] = []
        for item in items where findings.count < RenderProofs.findingLimit {
            let finding =
                switch scopes.of(item.object.groupKind) {
                case .namespace: namespaced(item)
                case .cluster: clusterScoped(item)
                case .unknown: foreignNamespace(item)
                }
            if let finding { findings.append(finding) }
        }
        if !options.allowClusterScoped { findings += unknown(items) }
        return findings
    }

    private func namespaced(_ item: ManifestStream.Item) -> Finding? {
        let object = item.object
        if object.namespace != nil { return foreignNamespace(item) }
        // Helm omits the namespace, and objects are applied to that of the deployment. Kustomize writes the namespace
        // into every object that is not of a known cluster-scoped kind.
        guard kind != .helm else { return nil }
        return Finding(
            rule: "render.namespace", file: item.origin,
            message: "\(quotedTitle(object.title)): metadata.namespace is missing",
            remedy: "write the deployment's namespace")
    }

    private func isInAllowedNamespace(_ item: ManifestStream.Item) -> Bool {
        item.object.namespace.map { $0 == deployment.namespace || options.allowedNamespaces.contains($0) } ?? true
    }

    private func foreignNamespace(_ item: ManifestStream.Item) -> Finding? {
        let object = item.object
        guard let namespace = object.namespace, !isInAllowedNamespace(item) else { return nil }
        let allowed = options.allowedNamespaces.union([deployment.namespace])
        let place = place(item) { $0.find(object, namespace: namespace) }
        let names = options.allowedNamespaces.union([namespace]).sorted().map(quotedTitle).joined(separator: ", ")
        return Finding(
            rule: "render.namespace", file: place.file, line: place.line,
            message: "\(quotedTitle(object.title)): metadata.namespace is \(quoted(namespace)), and deployment "
                + "\(deployment.name) writes to \(allowed.sorted().joined(separator: ", "))",
            remedy: "remove the namespace, or write `allowNamespaces: [\(names)]` for stage \(deployment.name) in "
                + "capsule.yaml")
    }

    private func clusterScoped(_ item: ManifestStream.Item) -> Finding? {
        let object = item.object
        guard !options.allowClusterScoped, !options.clusterScopedKinds.contains(object.groupKind) else { return nil }
        let place = place(item) { $0.find(kind: object.kind, name: object.name) }
        return Finding(
            rule: "render.cluster-scope", file: place.file, line: place.line,
            message:
                "\(quotedTitle(object.title)): it is not in a namespace, and deployment \(deployment.name) may not "
                + "write cluster-scoped objects",
            remedy: "let an administrator of the cluster apply it, or permit its kind for stage \(deployment.name) in "
                + "capsule.yaml: \(line("clusterScoped", options.clusterScopedKinds, [object.groupKind]))")
    }

    // The template that helm names, else the file that has the object, else the object's own file.
    private func place(
        _ item: ManifestStream.Item, _ find: (ObjectLocator) -> (file: String, line: Int)?
    ) -> (file: String, line: Int?) {
        guard item.template == nil, let place = find(locator.objects) else { return (item.origin, nil) }
        return (place.file, place.line)
    }

    // One finding for each kind: a line of the configuration answers it for all objects of the kind.
    private func unknown(_ items: [ManifestStream.Item]) -> [Finding] {
        let unknown = items.filter { scopes.of($0.object.groupKind) == .unknown && isInAllowedNamespace($0) }
        // A line of the configuration names all kinds, and each finding has that line.
        let byKind = Dictionary(
            Dictionary(grouping: unknown, by: \.object.groupKind).sorted { $0.key < $1.key }
                .prefix(RenderProofs.findingLimit).map { ($0.key, $0.value) }
        ) { first, _ in first }
        return byKind.keys.sorted().compactMap { groupKind in
            guard let items = byKind[groupKind], let first = items.first else { return nil }
            let others = items.count == 1 ? "" : " (and \(items.count - 1) more of its kind)"
            let place = place(first) { $0.find(kind: first.object.kind, name: first.object.name) }
            return Finding(
                rule: "render.cluster-scope", file: place.file, line: place.line,
                message:
                    "\(quotedTitle(first.object.title))\(others): it is not known whether \(quotedTitle(groupKind.description)) "
                    + "belongs in a namespace, and deployment \(deployment.name) may not write cluster-scoped objects",
                remedy: "add to stage \(deployment.name) in capsule.yaml "
                    + "\(line("namespaced", options.namespacedKinds, byKind.keys)) if its objects are in a namespace, or "
                    + "\(line("clusterScoped", options.clusterScopedKinds, byKind.keys)) to permit a cluster-scoped kind"
            )
        }
    }

    // The line of `capsule.yaml` with the kinds that are configured already and further ones.
    private func line(_ key: String, _ configured: Set<GroupKind>, _ more: some Sequence<GroupKind>) -> String {
        "`\(key): [\(configured.union(more).sorted().map { quotedTitle($0.description) }.joined(separator: ", "))]`"
    }
}
