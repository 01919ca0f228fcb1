/// The settings of a render that a configuration may change.
public struct RenderOptions: Hashable, Sendable {
    /// The two value keys of a chart that together name one image.
    public struct ImageKeys: Hashable, Sendable {
        /// The values key of the repository.
        public var repository: String
        /// The values key of `tag@digest`.
        public var tag: String

        /// Creates a pair of keys.
        public init(repository: String = "image.repository", tag: String = "image.tag") {
            self.repository = repository
            self.tag = tag
        }
    }

    /// The settings of a chart's render.
    public struct Helm: Hashable, Sendable {
        /// The release name; nil for the deployment's name.
        public var releaseName: String?
        /// The value keys of the application image.
        public var image = ImageKeys()
        /// The value keys of the release's other images, by their name in `release.yaml`.
        public var images: [String: ImageKeys] = [:]
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
    /// The kinds that are cluster-scoped and may be written.
    public var clusterScopedKinds: Set<GroupKind> = []
    /// The kinds that are namespaced, of those whose scope is not known otherwise.
    public var namespacedKinds: Set<GroupKind> = []
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
