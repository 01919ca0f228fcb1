public import OCI

/// The data of `release.yaml`: the release, its images and its package. `format.md` §4.
public struct ReleaseManifest: Hashable, Sendable, Codable {
    /// The schema that we write.
    public static let currentSchema = "release-capsule/v1"
    /// The schema of the first draft, whose fields are a subset of the current ones. It is read and never written.
    package static let legacySchema = "codeai/v1alpha1"
    /// The version of the packing algorithm that this code writes.
    package static let currentPacking = 1

    /// The repository and path of the application's source.
    public struct Source: Hashable, Sendable, Codable {
        /// The repository's URL, without credentials.
        public var repository: String
        /// The directory of the package's source in that repository.
        public var path: String?

        /// Names a source.
        package init(repository: String, path: String?) {
            self.repository = repository
            self.path = path
        }
    }

    /// An image by repository, tag and digest.
    public struct Image: Hashable, Sendable, Codable {
        /// The name in the package; nil for the application image, whose name is the package's `imageName`.
        public var name: String?
        /// The repository.
        public var repoURL: Repository
        /// The tag.
        public var tag: Tag
        /// The digest. `codeai/v1alpha1` documents may lack it.
        public var digest: Digest?
        /// The chart's values that name the image; nil for Kustomize, and where a render finds them in the chart. Those of
        /// the application image are ``Package/values``.
        package var values: HelmValues?

        /// Names an image.
        package init(name: String? = nil, repoURL: Repository, tag: Tag, digest: Digest?, values: HelmValues? = nil) {
            self.name = name
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
            self.values = values
        }
    }

    /// The package.
    public struct Package: Hashable, Sendable, Codable {
        /// The kind.
        public var kind: PackageKind
        /// The path in the capsule.
        public var path: RelativePath
        /// The directory of a Kustomize package that is rendered, below `path`; nil for Helm.
        public var entry: TreeDirectory?
        /// The name of the application image in the package.
        public var imageName: String?
        /// The package digest, `format.md` §5.
        public var digest: Digest?
        /// The chart's values that name the application image; nil for Kustomize, and where a render finds them in the
        /// chart.
        package var values: HelmValues?

        /// Describes a package.
        package init(
            kind: PackageKind, path: RelativePath, entry: TreeDirectory?, imageName: String?, digest: Digest?,
            values: HelmValues? = nil
        ) {
            self.kind = kind
            self.path = path
            self.entry = entry
            self.imageName = imageName
            self.digest = digest
            self.values = values
        }
    }

    /// The paths of the metadata in the capsule.
    public struct Metadata: Hashable, Sendable, Codable {
        /// The SBOM.
        public var sbomPath: RelativePath?
        /// The provenance.
        public var provenancePath: RelativePath?

        /// Names the metadata.
        package init(sbomPath: RelativePath?, provenancePath: RelativePath?) {
            self.sbomPath = sbomPath
            self.provenancePath = provenancePath
        }
    }

    /// The package of a pair, which its witness names. `format.md` §11.
    public struct Artifact: Hashable, Sendable, Codable {
        /// The repository or layout that it was published to.
        public var repoURL: String
        /// The tag, which is the release's identity.
        public var tag: Tag
        /// The digest of its manifest.
        public var digest: Digest

        /// Names a package.
        package init(repoURL: String, tag: Tag, digest: Digest) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
        }
    }

    /// The schema that the document follows.
    public var schemaVersion: String
    /// The commit.
    public var gitCommit: CommitID
    /// The source; `codeai/v1alpha1` documents may lack it.
    public var source: Source?
    /// The application image. Its tag is the release's identity.
    public var image: Image
    /// The package.
    public var package: Package
    /// The package's other images, each pinned.
    public var images: [Image]?
    /// The metadata; `codeai/v1alpha1` documents may lack it.
    public var metadata: Metadata?
    /// The version of the packing algorithm; `codeai/v1alpha1` documents lack it.
    public var packing: Int?
    /// The package of a pair; nil in a capsule.
    public var artifact: Artifact?

    /// Creates a manifest.
    package init(
        schemaVersion: String = ReleaseManifest.currentSchema, gitCommit: CommitID, source: Source?, image: Image,
        package: Package, images: [Image]? = nil, metadata: Metadata?, packing: Int? = ReleaseManifest.currentPacking,
        artifact: Artifact? = nil
    ) {
        self.schemaVersion = schemaVersion
        self.gitCommit = gitCommit
        self.source = source
        self.image = image
        self.package = package
        self.images = images
        self.metadata = metadata
        self.packing = packing
        self.artifact = artifact
    }

    /// The identity of the release, from its commit.
    public var identity: ReleaseIdentity { ReleaseIdentity(commit: gitCommit) }
}
