package import CapsuleCore

/// The Kargo settings: the section `kargo` of `capsule.yaml`.
package struct KargoSettings: Hashable, Sendable {
    /// A Kargo release line. Generated files use only features of that line.
    package enum Version: String, Hashable, Sendable, CaseIterable, Comparable {
        /// 1.9
        case v1_9 = "1.9"
        /// 1.10
        case v1_10 = "1.10"
        /// 1.11
        case v1_11 = "1.11"

        /// Orders older release lines first.
        package static func < (left: Version, right: Version) -> Bool {
            allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
        }
    }

    /// The program that carries a promotion out.
    package enum Style: String, Hashable, Sendable, CaseIterable {
        /// Kargo promotes with its own steps; the service verifies the release and checks the proofs.
        case native
        /// The service promotes; a Kargo step sends it the request.
        case service
    }

    /// The artifacts that a Warehouse subscribes to.
    package enum Subscription: String, Hashable, Sendable, CaseIterable {
        /// Only the capsule; its annotations name the image.
        case capsule
        /// Capsule and image, which make freight when the digest of the image is that of the capsule's release.
        case pair
    }

    /// The Argo CD installation that deploys the stages.
    package struct ArgoCD: Hashable, Sendable {
        /// The namespace of its Applications.
        package var namespace: String
        /// The AppProject.
        package var project: String
        /// The URL of the cluster that it deploys to.
        package var server: String
        /// True when objects that are no longer rendered are deleted.
        package var prune: Bool
        /// True when objects that differ from the stage branch are corrected at once.
        package var selfHeal: Bool
        /// Further sync options, `Key=value`.
        package var syncOptions: [String]

        /// Creates the settings of an Argo CD installation.
        ///
        /// - Parameter selfHeal: nil is the value of `prune`, because Argo CD prunes after a sync by Kargo only with it.
        package init(
            namespace: String = "argocd", project: String = "default",
            server: String = "https://kubernetes.default.svc", prune: Bool = true, selfHeal: Bool? = nil,
            syncOptions: [String] = []
        ) {
            self.namespace = namespace
            self.project = project
            self.server = server
            self.prune = prune
            self.selfHeal = selfHeal ?? prune
            self.syncOptions = syncOptions
        }
    }

    /// The verifier service, `capsule serve`.
    package struct Verifier: Hashable, Sendable {
        /// The container image of the service; nil when it is deployed elsewhere, at `url`.
        package var image: String?
        /// The URL at which Kargo reaches it; nil for the generated Service.
        package var url: String?
        /// The namespace; nil for the project's name with `-capsule`.
        package var namespace: String?
        /// The Secret in the project's namespace whose key `token` holds the service's bearer token.
        package var secret: String
        /// The number of replicas.
        package var replicas: Int
        /// True when the service has a signing key and attaches a signed statement about each promotion to the
        /// capsule.
        package var statements: Bool
        /// The hours between two removals of finished review branches; 0 to remove none.
        package var pruneReviews: Int
        /// How the generated service runs in the cluster.
        package var workload: VerifierWorkload

        /// Creates the settings of a service.
        package init(
            image: String? = nil, url: String? = nil, namespace: String? = nil, secret: String = "release-capsule",
            replicas: Int = 2, statements: Bool = false, pruneReviews: Int = 0,
            workload: VerifierWorkload = .init()
        ) {
            self.image = image
            self.url = url
            self.namespace = namespace
            self.secret = secret
            self.replicas = replicas
            self.statements = statements
            self.pruneReviews = pruneReviews
            self.workload = workload
        }
    }

    /// The release line.
    package var version: Version
    /// The program that carries a promotion out.
    package var style: Style
    /// The Kargo project; nil for the application's name.
    package var project: String?
    /// True when the steps are generated as a PromotionTask, which requires Kargo's webhooks.
    package var tasks: Bool
    /// The artifacts that the Warehouse subscribes to.
    package var subscription: Subscription
    /// The kind of the Git host; nil when Kargo can derive it from the URL.
    package var provider: String?
    /// The labels of pull requests.
    package var labels: [String]
    /// The directory in the GitOps repository that holds the generated files; nil for `kargo` in `gitops.root`.
    package var directory: RelativePath?
    /// The Argo CD installation.
    package var argocd: ArgoCD
    /// The verifier service.
    package var verifier: Verifier

    /// Creates Kargo settings.
    package init(
        version: Version, style: Style = .native, project: String? = nil, tasks: Bool = false,
        subscription: Subscription = .capsule, provider: String? = nil,
        labels: [String] = KargoSettings.labels, directory: RelativePath? = nil,
        argocd: ArgoCD = .init(), verifier: Verifier = .init()
    ) {
        self.version = version
        self.style = style
        self.project = project
        self.tasks = tasks
        self.subscription = subscription
        self.provider = provider
        self.labels = labels
        self.directory = directory
        self.argocd = argocd
        self.verifier = verifier
    }

    /// The Git hosts that Kargo opens pull requests on.
    package static let providers = ["azure", "bitbucket", "gitea", "github", "gitlab"]
    /// The labels of pull requests when none are named.
    package static let labels = ["release-capsule"]
    /// The maximum number of labels; more are a mistake.
    static let maximumLabels = 10
    /// The maximum number of characters of a label, which is GitHub's.
    static let maximumLabel = 50
    /// The maximum number of replicas, far above what a verifier requires; a larger number is a typing error.
    static let maximumReplicas = 20
    /// The maximum number of hours between two removals of review branches, a year.
    static let maximumHours = 8_760
}
