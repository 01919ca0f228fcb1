public import CapsuleCore
public import OCI
public import Rendering

/// `release-metadata.yaml` on a stage branch: the release that a stage holds, and every input of its render by digest.
/// `format.md` §9.
public struct ReleaseRecord: Hashable, Sendable, Codable {
    /// The schema that we write.
    public static let currentSchema = CapsuleFormat.documentSchema

    /// The file's name; it is in the same directory as `deploy/`.
    public static let fileName = "release-metadata.yaml"

    /// An image.
    public struct Image: Hashable, Sendable, Codable {
        /// The repository.
        public var repoURL: Repository
        /// The tag.
        public var tag: Tag
        /// The digest; records of the first draft lack it.
        public var digest: Digest?

        /// Creates an image.
        public init(repoURL: Repository, tag: Tag, digest: Digest?) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
        }
    }

    /// The capsule and its package.
    public struct Capsule: Hashable, Sendable, Codable {
        /// The store that it was read from: a repository, or `oci:PATH`.
        public var repoURL: String
        /// The tag.
        public var tag: Tag
        /// The digest; records of the first draft lack it.
        public var digest: Digest?
        /// The kind of package.
        public var packageKind: PackageKind
        /// The path of the package in the capsule.
        public var packagePath: RelativePath
        /// The package digest.
        public var packageDigest: Digest?

        /// The reference of the capsule by its digest, in the recorded store or in another one.
        ///
        /// - Throws: `OCIError.Code.invalidName` when the record names no store.
        package func reference(in store: StoreReference? = nil) throws(OCIError) -> ArtifactReference {
            if let store { return ArtifactReference(store, tag: tag, digest: digest) }
            return ArtifactReference(try StoreReference(repoURL), tag: tag, digest: digest)
        }

        /// Creates a capsule.
        public init(
            repoURL: String, tag: Tag, digest: Digest?, packageKind: PackageKind, packagePath: RelativePath,
            packageDigest: Digest?
        ) {
            self.repoURL = repoURL
            self.tag = tag
            self.digest = digest
            self.packageKind = packageKind
            self.packagePath = packagePath
            self.packageDigest = packageDigest
        }
    }

    /// The release.
    public struct Release: Hashable, Sendable, Codable {
        /// The form of the release; nil for a capsule.
        public private(set) var form: ReleaseForm?
        /// The commit.
        public var gitCommit: CommitID
        /// The application image.
        public var image: Image
        /// The capsule.
        public var capsule: Capsule

        /// The witness of a pair; nil for a capsule.
        public var witness: WitnessReference?

        /// Creates a release. One with a witness is a pair.
        public init(gitCommit: CommitID, image: Image, capsule: Capsule, witness: WitnessReference? = nil) {
            form = witness == nil ? nil : .pair
            self.gitCommit = gitCommit
            self.image = image
            self.capsule = capsule
            self.witness = witness
        }

        /// The release identity.
        public var identity: ReleaseIdentity { ReleaseIdentity(commit: gitCommit) }

        /// True when both releases have the same capsule, image and witness, compared by digest. A release without
        /// digests is not the same as any other.
        public func isSame(as other: Release) -> Bool {
            capsule.digest != nil && capsule.digest == other.capsule.digest && image.digest != nil
                && image.digest == other.image.digest && witness?.digest == other.witness?.digest
        }

        /// The first field that differs from another release; nil when all are equal.
        package func firstDifference(from other: Release) -> String? {
            if gitCommit != other.gitCommit { return "gitCommit" }
            if image.repoURL != other.image.repoURL { return "image.repoURL" }
            if image.tag != other.image.tag { return "image.tag" }
            if image.digest != other.image.digest { return "image.digest" }
            if capsule.repoURL != other.capsule.repoURL { return "capsule.repoURL" }
            if capsule.tag != other.capsule.tag { return "capsule.tag" }
            if capsule.digest != other.capsule.digest { return "capsule.digest" }
            if capsule.packageKind != other.capsule.packageKind { return "capsule.packageKind" }
            if capsule.packagePath != other.capsule.packagePath { return "capsule.packagePath" }
            if capsule.packageDigest != other.capsule.packageDigest { return "capsule.packageDigest" }
            return witness == other.witness ? nil : "witness"
        }
    }

    /// The commit of environment policy.
    public struct GitOps: Hashable, Sendable, Codable {
        /// The repository, without credentials.
        public var repository: String
        /// The commit.
        public var commit: CommitID

        /// Creates a policy commit.
        public init(repository: String, commit: CommitID) {
            self.repository = repository
            self.commit = commit
        }
    }

    /// The inputs and the digest of a render.
    public struct Render: Hashable, Sendable, Codable {
        /// The deployment.
        public var deployment: String
        /// The environment policy that applied.
        public var envType: String
        /// The namespace.
        public var namespace: String
        /// The commit of environment policy.
        public var gitops: GitOps
        /// The program that rendered.
        public var renderer: RendererIdentity
        /// The digest of `deploy/`, `format.md` §5.
        public var digest: Digest

        /// Creates a render.
        public init(
            deployment: String, envType: String, namespace: String, gitops: GitOps, renderer: RendererIdentity,
            digest: Digest
        ) {
            self.deployment = deployment
            self.envType = envType
            self.namespace = namespace
            self.gitops = gitops
            self.renderer = renderer
            self.digest = digest
        }
    }

    /// The release that a rollback replaced.
    public struct RollbackOrigin: Hashable, Sendable, Codable {
        /// The newer release that the stage held before.
        public var from: ReleaseIdentity

        /// Creates the record of a rollback.
        public init(from: ReleaseIdentity) { self.from = from }
    }

    /// The schema of the document.
    public var schemaVersion: String
    /// The release.
    public var release: Release
    /// The rollback that brought the release to the stage; nil after a promotion. Records of earlier versions lack it.
    public var rollback: RollbackOrigin?
    /// The inputs and the digest of the render; records of the first draft lack it.
    public var render: Render?

    /// Creates a record.
    public init(
        schemaVersion: String = ReleaseRecord.currentSchema, release: Release, rollback: RollbackOrigin? = nil,
        render: Render?
    ) {
        self.schemaVersion = schemaVersion
        self.release = release
        self.rollback = rollback
        self.render = render
    }
}
