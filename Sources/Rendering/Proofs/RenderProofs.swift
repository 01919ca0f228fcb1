public import CapsuleCore
public import Support

/// The proofs after a render, `format.md` §10. Each finding is a refusal that names object, field and the file to blame
/// where that is known.
///
/// ``Renderer`` runs them itself, so that ``RenderedManifests`` are always proven. They can be run again on manifests
/// that come from elsewhere, such as a stage branch.
public enum RenderProofs {
    /// The most findings that are reported: a wrong digest in a thousand objects has one cause.
    static let findingLimit = 100

    /// Proves manifests for a deployment.
    public static func check(
        _ rendered: RenderedManifests, release: ReleaseManifest, deployment: Deployment, policy: PolicyTree,
        allowClusterScoped: Bool, allowedNamespaces: Set<String> = []
    ) -> [Finding] {
        let files = policy.files.filter { $0.path.description.hasPrefix("envTypes/") }
        return check(
            files: rendered.files, release: release, deployment: deployment,
            blame: Blame(policy: files, package: [], envType: deployment.envType),
            allowClusterScoped: allowClusterScoped, allowedNamespaces: allowedNamespaces)
    }

    private static func check(
        files: [PackageFile], release: ReleaseManifest, deployment: Deployment, blame: Blame, allowClusterScoped: Bool,
        allowedNamespaces: Set<String>
    ) -> [Finding] {
        let stream = files.flatMap { Array("---\n".utf8) + $0.content + [UInt8(ascii: "\n")] }
        let (items, findings) = ManifestStream.read(stream, namespace: deployment.namespace, limits: RenderLimits())
        var options = RenderOptions()
        options.allowClusterScoped = allowClusterScoped
        options.allowedNamespaces = allowedNamespaces
        return findings
            + check(items, release: release, deployment: deployment, options: options, blame: blame)
    }

    static func check(
        _ items: [ManifestStream.Item], release: ReleaseManifest, deployment: Deployment, options: RenderOptions,
        blame: Blame
    ) -> [Finding] {
        guard !items.isEmpty else {
            return [
                Finding(
                    rule: "render.empty", message: "the render for deployment \(deployment.name) has no object",
                    remedy: "see that the package's entry lists its resources")
            ]
        }
        let findings =
            duplicates(items, deployment: deployment) + ImageProof.check(items, release: release, blame: blame)
            + ScopeProof.check(
                items, kind: release.package.kind, deployment: deployment,
                allowedNamespaces: options.allowedNamespaces, allowClusterScoped: options.allowClusterScoped,
                blame: blame)
        return Array(findings.prefix(findingLimit))
    }

    // One object in two versions of its API is one object to the cluster, though kustomize gives it two files.
    private static func duplicates(_ items: [ManifestStream.Item], deployment: Deployment) -> [Finding] {
        var seen: [[String]: RenderedObject] = [:]
        return items.compactMap { item in
            let object = item.object
            let scope = KubernetesScope.of(group: object.group, kind: object.kind)
            let home = scope == .cluster ? "" : object.namespace ?? deployment.namespace
            guard let other = seen.updateValue(object, forKey: [object.group, object.kind, home, object.name]) else {
                return nil
            }
            return Finding(
                rule: "render.duplicate", file: object.file.description,
                message: "\(quotedTitle(object.title)) stands in \(other.file) as well",
                remedy: "remove or rename one of them")
        }
    }
}
