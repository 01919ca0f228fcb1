public import CapsuleCore
package import Documents
public import GitOps
public import OCI
package import Rendering
internal import Support

/// The content of `capsule.yaml`, with the defaults of the layout filled in.
public struct CapsuleConfiguration: Hashable, Sendable {
    /// The supported schema.
    public static let currentSchema = CapsuleFormat.documentSchema
    /// The file's name.
    public static let fileName = "capsule.yaml"

    /// A further image of the release, apart from the application image.
    public struct ReleaseImage: Hashable, Sendable {
        /// The name of the image in the package.
        public var name: String
        /// The repository in which the release's tag is looked up.
        public var repository: Repository

        /// Names an image.
        package init(name: String, repository: Repository) {
            self.name = name
            self.repository = repository
        }
    }

    /// The part of the application repository that is the package.
    public struct Package: Hashable, Sendable {
        /// The kind.
        public var kind: PackageKind
        /// The directory in the application repository; nil when the file does not name one, as in a GitOps repository.
        public var source: TreeDirectory?
        /// The paths below `source` that a release includes; nil for the default of the layout: `base` and
        /// `components` where they exist, what an entry elsewhere refers to, and for Helm the whole chart.
        public var include: [RelativePath]?
        /// The directory that a Kustomize render uses as its resource; nil for Helm.
        public var entry: TreeDirectory?
        /// The name of the application image in the package.
        public var imageName: String
        /// The further images of the release.
        public var images: [ReleaseImage]

        /// Creates a package.
        package init(
            kind: PackageKind, source: TreeDirectory?, include: [RelativePath]?, entry: TreeDirectory?,
            imageName: String, images: [ReleaseImage]
        ) {
            self.kind = kind
            self.source = source
            self.include = include
            self.entry = entry
            self.imageName = imageName
            self.images = images
        }
    }

    /// The GitOps repository, which holds environment policy and stage branches.
    public struct GitOps: Hashable, Sendable {
        /// The repository; nil when the file does not name one because the file itself is in that repository.
        public var repository: GitRemote?
        /// The branch that holds environment policy.
        package var branch: BranchName
        /// The directory of this application; nil for the root of the repository.
        public var root: RelativePath?
        /// The template for the names of the stage branches.
        package var stageBranch: BranchTemplate
        /// The author of the commits on stage branches.
        package var author: CommitAuthor

        /// Creates the settings of a GitOps repository.
        package init(
            repository: GitRemote?, branch: BranchName = .main, root: RelativePath? = nil,
            stageBranch: BranchTemplate = .standard, author: CommitAuthor = .standard
        ) {
            self.repository = repository
            self.branch = branch
            self.root = root
            self.stageBranch = stageBranch
            self.author = author
        }
    }

    /// The Helm options of the configuration.
    public struct Helm: Hashable, Sendable {
        /// The name of the Helm release; nil for the name of the deployment.
        public var releaseName: String?
        /// The chart's values that name the application image; nil finds them in the chart.
        package var values: HelmValues?
        /// The same for the release's further images, by their name in the package.
        package var images: [String: HelmValues]
        /// True when the chart's `crds/` are rendered too.
        public var includeCRDs: Bool

        /// Creates Helm options.
        package init(
            releaseName: String? = nil, values: HelmValues? = nil, images: [String: HelmValues] = [:],
            includeCRDs: Bool = true
        ) {
            self.releaseName = releaseName
            self.values = values
            self.images = images
            self.includeCRDs = includeCRDs
        }
    }

    /// The repository of the application image, as recorded in `release.yaml`.
    public var image: Repository
    /// The store where capsules are published: a repository, or `oci:PATH`.
    public var capsule: StoreReference
    /// The form in which releases are built and published.
    public var form: ReleaseForm
    /// The way in which `publish` brings the witness of a pair to the policy branch.
    public var witnessReview: Stage.Review
    /// The package.
    public var package: Package
    /// The GitOps repository.
    public var gitops: GitOps
    /// The Helm options.
    public var helm: Helm
    /// The program that renders a Kustomize package.
    package var renderer: RendererChoice
    /// The Kargo settings; nil when Kargo is not used.
    package var kargo: KargoSettings?
    /// The path of the evidence policy, below `gitops.root`; nil when there is none.
    public var policy: RelativePath?
    /// The ladder, in the order of the file.
    public var stages: [Stage]

    /// Creates a configuration and validates the ladder.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(
        image: Repository, capsule: StoreReference, form: ReleaseForm = .capsule, witnessReview: Stage.Review = .none,
        package: Package, gitops: GitOps, helm: Helm = .init(),
        renderer: RendererChoice = .automatic, kargo: KargoSettings? = nil, policy: RelativePath? = nil,
        stages: [Stage]
    ) throws(DocumentError) {
        self.image = image
        self.capsule = capsule
        self.form = form
        self.witnessReview = witnessReview
        self.package = package
        self.gitops = gitops
        self.helm = helm
        self.renderer = renderer
        self.kargo = kargo
        self.policy = policy
        self.stages = stages
        try Self.check(stages)
        try checkBranches()
    }

    /// The application's name: the last segment of the GitOps root, or of the image's repository when the root is that
    /// of the repository.
    public var application: String { gitops.root?.lastSegment ?? image.lastSegment }

    /// The stage with the given name.
    ///
    /// - Throws: `CapsuleError.Code.notFound`, listing the stages of the ladder.
    public func stage(_ name: String) throws(CapsuleError) -> Stage {
        guard let stage = stages.first(where: { $0.name == name }) else {
            let known = stages.isEmpty ? "none" : stages.map(\.name).joined(separator: ", ")
            throw CapsuleError(
                .notFound, "there is no stage \(quoted(name)) in \(Self.fileName); the stages there are: \(known)")
        }
        return stage
    }

    /// The render options of the configuration for a stage.
    package func renderOptions(for stage: Stage) -> RenderOptions {
        var options = RenderOptions()
        options.renderer = renderer
        options.helm.releaseName = helm.releaseName
        options.helm.values = helm.values
        options.helm.images = helm.images
        options.helm.includeCRDs = helm.includeCRDs
        options.allowClusterScoped = stage.allowClusterScoped
        options.clusterScopedKinds = Set(stage.clusterScoped)
        options.namespacedKinds = Set(stage.namespaced)
        options.allowedNamespaces = Set(stage.allowNamespaces)
        return options
    }

    /// The stage branch of a deployment.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package func stageBranch(_ deployment: String) throws(CapsuleError) -> BranchName {
        try gitops.stageBranch.branch(deployment: deployment, application: application)
    }

    /// The prefix of the names of the branches on which witnesses are reviewed.
    package var witnessBranchPrefix: String { reviewBranchPrefix("release") }

    /// The prefix of the names of the review branches, which people merge into a deployment's stage branch.
    public func reviewBranchPrefix(_ deployment: String) -> String {
        "capsule/\(gitops.stageBranch.namesApplication ? "\(application)/" : "")\(deployment)/"
    }
}
