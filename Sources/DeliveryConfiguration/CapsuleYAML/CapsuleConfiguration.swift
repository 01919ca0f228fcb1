public import CapsuleCore
public import Documents
public import GitOps
public import OCI
public import Rendering
internal import Support

/// What `capsule.yaml` says, with the layout defaults filled in.
public struct CapsuleConfiguration: Hashable, Sendable {
    /// The schema that we read.
    public static let currentSchema = "release-capsule/v1alpha1"
    /// The file's name.
    public static let fileName = "capsule.yaml"

    /// Another image of the release.
    public struct ReleaseImage: Hashable, Sendable {
        /// The name as it stands in the package.
        public var name: String
        /// The repository, where the release's tag is looked up.
        public var repository: Repository

        /// Names an image.
        public init(name: String, repository: Repository) {
            self.name = name
            self.repository = repository
        }
    }

    /// What of the application repository is the package.
    public struct Package: Hashable, Sendable {
        /// The kind.
        public var kind: PackageKind
        /// The directory in the application repository; nil when the file does not say, as on the GitOps side.
        public var source: RelativePath?
        /// What of it is release payload; nil for the layout's own: `base` and `components` where they exist, for Helm
        /// the whole chart.
        public var include: [RelativePath]?
        /// What a Kustomize render takes as its resource; nil for Helm.
        public var entry: RelativePath?
        /// The name in the package that stands for the application image.
        public var imageName: String
        /// Further images of the release.
        public var images: [ReleaseImage]

        /// Describes a package.
        public init(
            kind: PackageKind, source: RelativePath?, include: [RelativePath]?, entry: RelativePath?,
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

    /// Where environment policy and stage branches live.
    public struct GitOps: Hashable, Sendable {
        /// The repository; nil when the file does not say because it lives there.
        public var repository: GitRemote?
        /// The branch that holds environment policy.
        public var branch: BranchName
        /// The directory of this application; nil for the top of the repository.
        public var root: RelativePath?
        /// The names of the stage branches.
        public var stageBranch: BranchTemplate
        /// Who the commits on stage branches are by.
        public var author: CommitAuthor

        /// Describes a GitOps repository.
        public init(
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

    /// How a chart is rendered, as far as the configuration says.
    public struct Helm: Hashable, Sendable {
        /// The Helm release's name; nil for the deployment's.
        public var releaseName: String?
        /// The values that take the application image's repository and tag.
        public var image: RenderOptions.ImageKeys
        /// The values that take the release's other images, by their name in the package.
        public var images: [String: RenderOptions.ImageKeys]
        /// Whether the chart's `crds/` are rendered too.
        public var includeCRDs: Bool

        /// Names the keys.
        public init(
            releaseName: String? = nil, image: RenderOptions.ImageKeys = .init(),
            images: [String: RenderOptions.ImageKeys] = [:], includeCRDs: Bool = true
        ) {
            self.releaseName = releaseName
            self.image = image
            self.images = images
            self.includeCRDs = includeCRDs
        }
    }

    /// The application image's repository, as `release.yaml` names it.
    public var image: Repository
    /// Where capsules are published: a repository, or `oci:PATH`.
    public var capsule: Place
    /// The package.
    public var package: Package
    /// The GitOps repository.
    public var gitops: GitOps
    /// The Helm options.
    public var helm: Helm
    /// Which program renders a Kustomize package.
    public var renderer: RendererChoice
    /// The use of Kargo; nil without one.
    public var kargo: KargoSettings?
    /// The policy that says what evidence releases need, below `gitops.root`; nil without one.
    public var policy: RelativePath?
    /// The ladder, in the order of the file.
    public var stages: [Stage]

    /// Puts a configuration together and checks the ladder.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    public init(
        image: Repository, capsule: Place, package: Package, gitops: GitOps, helm: Helm = .init(),
        renderer: RendererChoice = .automatic, kargo: KargoSettings? = nil, policy: RelativePath? = nil,
        stages: [Stage]
    ) throws(DocumentError) {
        self.image = image
        self.capsule = capsule
        self.package = package
        self.gitops = gitops
        self.helm = helm
        self.renderer = renderer
        self.kargo = kargo
        self.policy = policy
        self.stages = stages
        try Self.check(stages)
    }

    /// The application's name: the last segment of the GitOps root, or of the image's repository when the root is the top.
    public var application: String { gitops.root?.lastSegment ?? image.lastSegment }

    /// The stage of that name.
    ///
    /// - Throws: `CapsuleError.Code.notFound`, listing the stages there are.
    public func stage(_ name: String) throws(CapsuleError) -> Stage {
        guard let stage = stages.first(where: { $0.name == name }) else {
            let known = stages.isEmpty ? "none" : stages.map(\.name).joined(separator: ", ")
            throw CapsuleError(
                .notFound, "there is no stage \(quoted(name)) in \(Self.fileName); the stages there are: \(known)")
        }
        return stage
    }

    /// What the configuration says about renders for a stage.
    public func renderOptions(for stage: Stage) -> RenderOptions {
        var options = RenderOptions()
        options.renderer = renderer
        options.helm.releaseName = helm.releaseName
        options.helm.image = helm.image
        options.helm.images = helm.images
        options.helm.includeCRDs = helm.includeCRDs
        options.allowClusterScoped = stage.allowClusterScoped
        options.allowedNamespaces = Set(stage.allowNamespaces)
        return options
    }

    /// The stage branch of a deployment.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public func stageBranch(_ deployment: String) throws(CapsuleError) -> BranchName {
        try gitops.stageBranch.branch(deployment: deployment, application: application)
    }

    /// How the names of the branches begin that wait for people to merge them into a deployment's stage branch.
    public func reviewBranchPrefix(_ deployment: String) -> String {
        "capsule/\(gitops.stageBranch.namesApplication ? "\(application)/" : "")\(deployment)/"
    }
}
