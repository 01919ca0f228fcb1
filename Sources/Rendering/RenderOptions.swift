package import CapsuleCore

/// The settings of a render that a configuration may change.
package struct RenderOptions: Hashable, Sendable {
    /// The settings of a chart's render.
    package struct Helm: Hashable, Sendable {
        /// The release name; nil for the deployment's name.
        package var releaseName: String?
        /// The chart's values that name the application image, for a release that does not record them; nil finds them
        /// in the chart.
        package var values: HelmValues?
        /// The same for the release's further images, by their name in `release.yaml`.
        package var images: [String: HelmValues] = [:]
        /// True when the chart's `crds/` are rendered too, which requires `allowClusterScoped`.
        package var includeCRDs = true

        /// Creates the default settings.
        package init() {}
    }

    /// The settings for charts.
    package var helm = Helm()
    /// The program that renders a Kustomize package.
    package var renderer = RendererChoice.automatic
    /// True when cluster-scoped objects may be written.
    package var allowClusterScoped = false
    /// The kinds that are cluster-scoped and may be written.
    package var clusterScopedKinds: Set<GroupKind> = []
    /// The kinds that are namespaced, of those whose scope is not known otherwise.
    package var namespacedKinds: Set<GroupKind> = []
    /// The namespaces that objects may be applied to, in addition to the deployment's own.
    package var allowedNamespaces: Set<String> = []

    /// True when the objects must be of kinds and in namespaces that the deployment may write. False only for a render
    /// whose output is not used.
    package var provesScope = true

    /// True when references in policy to the application's repository are pinned as well: the second `images` entry of
    /// `format.md` §10. Only tests turn it off, to show that the proofs find such references.
    var pinsRepositories = true
    /// True when package and policy are scanned before the render. Only tests turn it off, to show that the renderer
    /// itself has no access to anything else.
    var scans = true

    /// Creates the default settings: all objects are in the deployment's own namespace.
    package init() {}
}

/// The program that renders a Kustomize package.
package enum RendererChoice: String, Hashable, Sendable, CaseIterable {
    /// `kustomize` where it is installed, else `kubectl`.
    case automatic = "auto"
    /// `kustomize build`.
    case kustomize
    /// `kubectl kustomize`.
    case kubectl
}
