public import CapsuleCore

/// The settings of a render that a configuration may change.
public struct RenderOptions: Hashable, Sendable {
    /// The settings of a chart's render.
    public struct Helm: Hashable, Sendable {
        /// The release name; nil for the deployment's name.
        public var releaseName: String?
        /// The chart's values that name the application image, for a release that does not record them; nil finds them
        /// in the chart.
        public var values: HelmValues?
        /// The same for the release's further images, by their name in `release.yaml`.
        public var images: [String: HelmValues] = [:]
        /// True when the chart's `crds/` are rendered too, which requires `allowClusterScoped`.
        public var includeCRDs = true

        /// Creates the default settings.
        public init() {}
    }

    /// The settings for charts.
    public var helm = Helm()
    /// The program that renders a Kustomize package.
    public var renderer = RendererChoice.automatic
    /// True when cluster-scoped objects may be written.
    public var allowClusterScoped = false
    /// The namespaces that objects may be applied to, in addition to the deployment's own.
    public var allowedNamespaces: Set<String> = []

    /// True when references in policy to the application's repository are pinned as well: the second `images` entry of
    /// `format.md` §10. Only tests turn it off, to show that the proofs find such references.
    var pinsRepositories = true
    /// True when package and policy are scanned before the render. Only tests turn it off, to show that the renderer
    /// itself has no access to anything else.
    var scans = true

    /// Creates the default settings: all objects are in the deployment's own namespace.
    public init() {}
}

/// The program that renders a Kustomize package.
public enum RendererChoice: String, Hashable, Sendable, CaseIterable {
    /// `kustomize` where it is installed, else `kubectl`.
    case automatic = "auto"
    /// `kustomize build`.
    case kustomize
    /// `kubectl kustomize`.
    case kubectl
}
