/// What a configuration may change about a render.
public struct RenderOptions: Hashable, Sendable {
    /// The two value keys of a chart that together name one image.
    public struct ImageKeys: Hashable, Sendable {
        /// The key that takes the repository.
        public var repository: String
        /// The key that takes `tag@digest`.
        public var tag: String

        /// Names the keys.
        public init(repository: String = "image.repository", tag: String = "image.tag") {
            self.repository = repository
            self.tag = tag
        }
    }

    /// How a chart is rendered.
    public struct Helm: Hashable, Sendable {
        /// The release name; nil for the deployment's name.
        public var releaseName: String?
        /// The value keys of the application image.
        public var image = ImageKeys()
        /// The value keys of the release's other images, by their name in `release.yaml`.
        public var images: [String: ImageKeys] = [:]
        /// Whether the chart's `crds/` are rendered too; they need `allowClusterScoped`.
        public var includeCRDs = true

        /// The defaults.
        public init() {}
    }

    /// How a chart is rendered.
    public var helm = Helm()
    /// Which program renders a Kustomize package.
    public var renderer = RendererChoice.automatic
    /// Whether objects outside any namespace may be written.
    public var allowClusterScoped = false
    /// Namespaces that objects may go to besides the deployment's own.
    public var allowedNamespaces: Set<String> = []

    /// Whether references that policy writes to the application's repository are pinned as well: the second `images`
    /// entry of `format.md` §10. Only tests turn it off, to see that the proofs hold on their own.
    var pinsRepositories = true
    /// Whether package and policy are scanned before the render. Only tests turn it off, to see that the render itself
    /// reaches nothing.
    var scans = true

    /// The defaults: everything in the deployment's own namespace.
    public init() {}
}

/// Which program renders a Kustomize package.
public enum RendererChoice: String, Hashable, Sendable, CaseIterable {
    /// `kustomize` where it is installed, else `kubectl`.
    case automatic = "auto"
    /// `kustomize build`.
    case kustomize
    /// `kubectl kustomize`.
    case kubectl
}
