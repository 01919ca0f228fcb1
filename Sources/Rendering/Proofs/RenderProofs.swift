package import CapsuleCore
package import Support

/// Checks the proofs after a render, `format.md` §10. Each finding rejects the render and names the object, the field
/// and, if known, the file that the text comes from.
///
/// ``Renderer`` runs them, so ``RenderedManifests`` have always passed. They can also be run on other manifests, such
/// as those of a stage branch.
package enum RenderProofs {
    /// The maximum number of findings that are reported: a wrong digest in a thousand objects has one cause.
    static let findingLimit = 100

    /// Proves manifests for a deployment.
    ///
    /// - Parameter package: the files of the package, whose CustomResourceDefinitions give scopes.
    package static func check(
        _ rendered: RenderedManifests, release: ReleaseManifest, deployment: Deployment, policy: PolicyTree,
        allowClusterScoped: Bool, allowedNamespaces: Set<String> = [], clusterScopedKinds: Set<GroupKind> = [],
        namespacedKinds: Set<GroupKind> = [], package: [PackageFile] = []
    ) -> [Finding] {
        let files = policy.files.filter { $0.path.description.hasPrefix("envTypes/") }
        var options = RenderOptions()
        options.allowClusterScoped = allowClusterScoped
        options.allowedNamespaces = allowedNamespaces
        options.clusterScopedKinds = clusterScopedKinds
        options.namespacedKinds = namespacedKinds
        let stream = rendered.files.flatMap { Array("---\n".utf8) + $0.content + [UInt8(ascii: "\n")] }
        let (items, findings) = ManifestStream.read(stream, namespace: deployment.namespace, limits: RenderLimits())
        return findings
            + check(
                items, release: release, deployment: deployment, options: options,
                locator: SourceLocator(policy: files, package: [], envType: deployment.envType),
                definitions: { policy.files + package })
    }

    /// - Parameter definitions: the files that may hold the CustomResourceDefinitions of the kinds.
    static func check(
        _ items: [ManifestStream.Item], release: ReleaseManifest, deployment: Deployment, options: RenderOptions,
        locator: SourceLocator, definitions: () -> [PackageFile] = { [] }
    ) -> [Finding] {
        guard !items.isEmpty else {
            return [
                Finding(
                    rule: "render.empty", message: "the render for deployment \(deployment.name) has no object",
                    remedy: "check that the package's entry lists its resources")
            ]
        }
        let scopes = ObjectScopes(items, options: options, files: definitions)
        let scope = ScopeProof(
            kind: release.package.kind, deployment: deployment, options: options, scopes: scopes, locator: locator)
        let findings =
            duplicates(items, scopes, deployment: deployment)
            + ImageProof.check(items, release: release, locator: locator)
            + (options.provesScope ? scope.check(items) : [])
        return Array(findings.prefix(findingLimit))
    }

    // One object in two API versions is the same object for the cluster, although kustomize writes two files.
    private static func duplicates(
        _ items: [ManifestStream.Item], _ scopes: ObjectScopes, deployment: Deployment
    ) -> [Finding] {
        var seen: [[String]: ManifestStream.Item] = [:]
        return items.compactMap { item in
            let object = item.object
            // Argo CD gives each hook without a name one of its own.
            guard object.generateName == nil else { return nil }
            let home = scopes.of(object.groupKind) == .cluster ? "" : object.namespace ?? deployment.namespace
            guard let other = seen.updateValue(item, forKey: [object.group, object.kind, home, object.name]) else {
                return nil
            }
            return Finding(
                rule: "render.duplicate", file: item.origin,
                message: "\(quotedTitle(object.title)) is in \(other.origin) as well",
                remedy: "remove or rename one of them")
        }
    }
}
