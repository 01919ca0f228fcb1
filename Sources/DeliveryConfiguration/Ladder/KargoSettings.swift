public import CapsuleCore

/// What `capsule.yaml` says about Kargo: the section `kargo`.
public struct KargoSettings: Hashable, Sendable {
    /// A Kargo release line. What is generated uses nothing that the line lacks.
    public enum Version: String, Hashable, Sendable, CaseIterable, Comparable {
        /// 1.9
        case v1_9 = "1.9"
        /// 1.10
        case v1_10 = "1.10"
        /// 1.11
        case v1_11 = "1.11"

        /// Older lines come first.
        public static func < (left: Version, right: Version) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }

    /// Who carries a promotion out.
    public enum Style: String, Hashable, Sendable, CaseIterable {
        /// Kargo's own steps; the service verifies and proves.
        case native
        /// The service promotes; Kargo asks it to.
        case service
    }

    /// What a Warehouse subscribes to.
    public enum Subscription: String, Hashable, Sendable, CaseIterable {
        /// The capsule alone; the image is named by its annotations.
        case capsule
        /// Capsule and image, which make freight when their digests belong together.
        case pair
    }

    /// Where Argo CD is.
    public struct ArgoCD: Hashable, Sendable {
        /// The namespace of its Applications.
        public var namespace: String
        /// The AppProject.
        public var project: String
        /// The cluster that it deploys to.
        public var server: String

        /// Describes an Argo CD.
        public init(
            namespace: String = "argocd", project: String = "default",
            server: String = "https://kubernetes.default.svc"
        ) {
            self.namespace = namespace
            self.project = project
            self.server = server
        }
    }

    /// The verifier service, `capsule serve`.
    public struct Verifier: Hashable, Sendable {
        /// The container image that it runs from; nil when it runs elsewhere and `url` says where.
        public var image: String?
        /// Where Kargo reaches it; nil for the generated Service.
        public var url: String?
        /// The namespace; nil for the project's name with `-capsule`.
        public var namespace: String?
        /// The Secret in the project's namespace whose key `token` opens it.
        public var secret: String
        /// How many replicas there are.
        public var replicas: Int
        /// Whether it has a key and leaves a signed statement about each promotion beside the capsule.
        public var statements: Bool

        /// Describes a service.
        public init(
            image: String? = nil, url: String? = nil, namespace: String? = nil, secret: String = "release-capsule",
            replicas: Int = 2, statements: Bool = false
        ) {
            self.image = image
            self.url = url
            self.namespace = namespace
            self.secret = secret
            self.replicas = replicas
            self.statements = statements
        }
    }

    /// The release line.
    public var version: Version
    /// Who carries a promotion out.
    public var style: Style
    /// The Kargo project; nil for the application's name.
    public var project: String?
    /// Whether the steps stand in a PromotionTask. Needs Kargo's webhooks.
    public var tasks: Bool
    /// What the Warehouse subscribes to.
    public var subscription: Subscription
    /// The Git host's kind, where Kargo cannot tell it from the address.
    public var provider: String?
    /// The directory in the GitOps repository that holds what is generated; nil for `kargo` in `gitops.root`.
    public var directory: RelativePath?
    /// Argo CD.
    public var argocd: ArgoCD
    /// The verifier service.
    public var verifier: Verifier

    /// Describes a use of Kargo.
    public init(
        version: Version, style: Style = .native, project: String? = nil, tasks: Bool = false,
        subscription: Subscription = .capsule, provider: String? = nil, directory: RelativePath? = nil,
        argocd: ArgoCD = .init(), verifier: Verifier = .init()
    ) {
        self.version = version
        self.style = style
        self.project = project
        self.tasks = tasks
        self.subscription = subscription
        self.provider = provider
        self.directory = directory
        self.argocd = argocd
        self.verifier = verifier
    }

    /// The Git hosts that Kargo opens pull requests on.
    public static let providers = ["azure", "bitbucket", "gitea", "github", "gitlab"]
    /// Far above what a verifier needs; a larger number is a typing error.
    static let maximumReplicas = 20
}
