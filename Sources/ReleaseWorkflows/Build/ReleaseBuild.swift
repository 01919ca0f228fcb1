public import CapsuleCore
public import DeliveryConfiguration
public import GitOps
public import OCI
internal import Rendering
internal import Support

/// Builds the capsule of a commit: reads the package from Git, resolves the digests of the images, and packs the
/// capsule.
public struct ReleaseBuild: Sendable {
    /// A request to build one release. A nil value is taken from the configuration.
    public struct Request: Sendable {
        /// A directory in the application's Git repository.
        public var repository = "."
        /// The commit: an id, a branch, a tag or `HEAD`, which `~N` and `^N` may follow.
        public var revision = "HEAD"
        /// The URL of the source repository that the release records; nil for the URL of `origin`.
        public var sourceURL: String?
        /// The reference in which the image is resolved.
        public var image: ArtifactReference?
        /// The digest of the image; nil resolves it.
        public var imageDigest: Digest?
        /// The repository of the image that the release records.
        public var imageRepository: Repository?
        /// The kind of package.
        public var kind: PackageKind?
        /// The package's directory in the source.
        public var packageSource: TreeDirectory?
        /// The directories of the package to include.
        public var include: [RelativePath]?
        /// The directory that a Kustomize render uses as its resource.
        public var entry: TreeDirectory?
        /// The name of the application image in the package.
        public var imageName: String?
        /// The SBOM of the image; nil generates one.
        public var sbom: [UInt8]?
        /// The provenance; nil generates one.
        public var provenance: [UInt8]?
        /// The run that generated provenance describes.
        public var run: BuildRun?
        /// True when third-party images are pinned to digests.
        public var lockImages = false
        /// True when warnings are errors.
        public var strict = false

        /// Creates a request for the commit that is checked out in the current directory.
        public init() {}
    }

    let git: Git
    let opener: any ContentOpener

    /// Creates the workflow.
    public init(git: Git, opener: any ContentOpener) {
        self.git = git
        self.opener = opener
    }

    /// The configuration in the root of the commit; nil when the commit has none.
    ///
    /// It takes precedence over the file in the working tree, so that the same commit gives the same capsule.
    public func configuration(_ request: Request) async throws -> CapsuleConfiguration? {
        let directory = GitDirectory(git: git, path: request.repository)
        let commit = try await directory.resolve(request.revision)
        let file = CapsuleConfiguration.fileName
        let entries = try await directory.tree(commit, below: [RelativePath(file)]) { _ in false }.entries
        guard let entry = entries.first(where: { $0.kind == .file }),
            let bytes = try await directory.blobs([entry.id], outputLimit: 1 << 20).first
        else { return nil }
        guard LFSPointer(bytes) == nil else {
            throw CapsuleError(
                .invalidPackage,
                "\(commit.short):\(file) is a pointer of Git LFS; commit the file itself, without Git LFS")
        }
        return try CapsuleConfiguration(
            yaml: Array(bytes), file: "\(commit.short):\(file)", plainHTTPHosts: git.plainHTTPHosts)
    }

    /// Builds a capsule in memory.
    ///
    /// - Throws: `GitError`; `OCIError` for an image that does not exist or differs from the asserted digest; and the
    ///   errors of `CapsuleBuilder.build`.
    public func build(_ request: Request, configuration: CapsuleConfiguration?) async throws -> BuiltCapsule {
        let kind = request.kind ?? configuration?.package.kind ?? .kustomize
        let source = (request.packageSource ?? configuration?.package.source)?.path
        let entry =
            kind == .helm ? nil : try request.entry ?? configuration?.package.entry ?? TreeDirectory("base")
        let files = try await git.packageSource(
            in: request.repository, revision: request.revision, source: source, entry: entry,
            include: request.include ?? configuration?.package.include, kind: kind)
        let package = PackageTree(kind: kind, entry: entry, files: files.files)
        let imageName = request.imageName ?? configuration?.package.imageName
        let identity = ReleaseIdentity(commit: files.commit)
        let image = try await applicationImage(request, configuration, identity)
        var images: [ReleaseManifest.Image] = []
        let helm = kind == .helm ? configuration?.helm : nil
        for other in configuration?.package.images ?? [] {
            var image = try await ImageLookup(opener: opener).image(named: other.name, other.repository, identity.tag)
            image.values = helm?.images[other.name]
            images.append(image)
        }
        if request.lockImages {
            images += try await lock(
                PackageImages.scan(package).map(\.name),
                except: images.compactMap(\.name) + [imageName].compactMap { $0 })
        }
        if kind == .kustomize { try checkNames(imageName, image, images) }
        // Only a supplied document can name the manifest of a platform.
        let platforms =
            request.sbom == nil && request.provenance == nil
            ? [] : await ImageLookup(opener: opener).platforms(image, in: request.image?.store)
        return try CapsuleBuilder.build(
            BuildRequest(
                form: configuration?.form ?? .capsule, commit: files.commit, committed: files.committed,
                source: .init(
                    repository: try sourceURL(request.sourceURL ?? files.repository), path: source?.description),
                image: image, platforms: platforms, package: package, imageName: imageName, values: helm?.values,
                images: images,
                sbom: request.sbom,
                provenance: request.provenance, run: request.run, strict: request.strict))
    }

    private func applicationImage(
        _ request: Request, _ configuration: CapsuleConfiguration?, _ identity: ReleaseIdentity
    ) async throws -> ReleaseManifest.Image {
        var reference = request.image
        let repository: Repository
        if let named = request.imageRepository {
            repository = named
        } else if let configured = configuration?.image {
            repository = configured
        } else if case .registry(let named) = reference?.store {
            repository = named
        } else {
            throw CapsuleError(
                .invalidName,
                "the repository of the release's image is unknown; write image: into "
                    + "\(CapsuleConfiguration.fileName), or give --image-repository")
        }
        if let digest = request.imageDigest {
            return ReleaseManifest.Image(repoURL: repository, tag: identity.tag, digest: digest)
        }
        if reference == nil { reference = ArtifactReference(.registry(repository)) }
        guard var reference, (reference.tag ?? identity.tag) == identity.tag else {
            throw CapsuleError(
                .invalidName,
                "the image \(request.image.map { "\($0)" } ?? "") does not have the release's tag; push it as \(identity)"
            )
        }
        reference.tag = identity.tag
        return ReleaseManifest.Image(
            repoURL: repository, tag: identity.tag, digest: try await ImageLookup(opener: opener).digest(reference))
    }

    /// Rejects two images with the same name, because a render could pin only one of them. A chart has a values key
    /// for each image.
    private func checkNames(
        _ imageName: String?, _ image: ReleaseManifest.Image, _ images: [ReleaseManifest.Image]
    ) throws(CapsuleError) {
        var pinned: [String: ReleaseManifest.Image] = [:]
        for (name, image) in [(imageName, image)] + images.map({ ($0.name, $0) }) {
            guard let name else { continue }
            let bare = ImageReference(name).name
            if let other = pinned[bare], other.digest != image.digest || other.repoURL != image.repoURL {
                throw CapsuleError(
                    .invalidPackage,
                    "two images have the name \(quoted(bare)) in the package: \(other.repoURL):\(other.tag) and "
                        + "\(image.repoURL):\(image.tag); kustomize tells images apart by name, not by tag, so a render "
                        + "could pin only one. Give them different names in the package, or use one tag")
            }
            pinned[bare] = image
        }
    }

    /// Pins the images that the package names by tag. Those that it names by digest are already pinned.
    private func lock(_ names: [String], except known: [String]) async throws -> [ReleaseManifest.Image] {
        var images: [ReleaseManifest.Image] = []
        for name in Set(names).sorted() {
            let reference = ImageReference(name)
            guard reference.digest == nil, !known.contains(name), !known.contains(reference.name) else { continue }
            let repository = try Repository(reference.repository)
            images.append(
                try await ImageLookup(opener: opener).image(named: name, repository, Tag(reference.tag ?? "latest")))
        }
        return images
    }

    private func sourceURL(_ url: String?) throws(CapsuleError) -> String {
        guard let url else {
            throw CapsuleError(
                .invalidName,
                "the source repository has no remote `origin` with a URL to record; give --source-repository URL")
        }
        return try SourceURL.recorded(url)
    }
}
