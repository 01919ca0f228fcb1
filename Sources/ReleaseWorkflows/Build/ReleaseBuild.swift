public import CapsuleCore
public import DeliveryConfiguration
public import GitOps
public import OCI
internal import Rendering
internal import Support

/// Builds the capsule of a commit: its package out of Git, the digests of its images, then one object. What `build` and
/// `publish` do, and what a service would.
public struct ReleaseBuild: Sendable {
    /// What to build. A value that is nil comes from the configuration.
    public struct Request: Sendable {
        /// A directory in the application's Git repository.
        public var repository = "."
        /// The commit, as Git names revisions.
        public var revision = "HEAD"
        /// The source repository's URL for the record; nil for that of `origin`.
        public var sourceURL: String?
        /// Where to look the image up.
        public var image: Location?
        /// The image's digest, not looked up.
        public var imageDigest: Digest?
        /// The image's repository, as the release records it.
        public var imageRepository: Repository?
        /// The kind of package.
        public var kind: PackageKind?
        /// The package's directory in the source.
        public var packageSource: RelativePath?
        /// What of it is payload.
        public var include: [RelativePath]?
        /// The directory that a Kustomize render takes.
        public var entry: RelativePath?
        /// The name in the package that stands for the image.
        public var imageName: String?
        /// Supplied metadata.
        public var sbom: [UInt8]?
        /// Supplied metadata.
        public var provenance: [UInt8]?
        /// What a CI system says about its run.
        public var run: BuildRun?
        /// Whether third-party images are pinned.
        public var lockImages = false
        /// Whether warnings stop the build.
        public var strict = false

        /// Asks for the commit that is checked out here.
        public init() {}
    }

    let git: Git
    let opener: any ContentOpener

    /// Takes what reads Git and what opens registries.
    public init(git: Git, opener: any ContentOpener) {
        self.git = git
        self.opener = opener
    }

    /// The configuration that the commit holds at its top; nil when it holds none.
    ///
    /// The file of the working tree has no say where the commit has one: the same commit gives the same capsule.
    public func configuration(_ request: Request) async throws -> CapsuleConfiguration? {
        let directory = GitDirectory(git: git, path: request.repository)
        let commit = try await directory.resolve(request.revision)
        let file = CapsuleConfiguration.fileName
        guard let entry = try await directory.entries(commit, below: [file]).first(where: { $0.path == file }),
            let bytes = try await directory.blobs(
                [entry.id], format: GitObjectFormat(of: commit), outputLimit: 1 << 20
            ).first
        else { return nil }
        return try CapsuleConfiguration(yaml: Array(bytes), file: "\(commit.short):\(file)")
    }

    /// Builds.
    ///
    /// - Throws: `GitError`, `OCIError` for an image that is not there or is another than asserted, and what
    ///   `CapsuleBuilder.build` throws.
    public func build(_ request: Request, configuration: CapsuleConfiguration?) async throws -> BuiltCapsule {
        let kind = request.kind ?? configuration?.package.kind ?? .kustomize
        let source = request.packageSource ?? configuration?.package.source
        let files = try await git.packageSource(
            in: request.repository, revision: request.revision, source: source,
            include: request.include ?? configuration?.package.include, kind: kind)
        let entry =
            kind == .helm ? nil : try request.entry ?? configuration?.package.entry ?? RelativePath("base")
        let package = PackageTree(kind: kind, entry: entry, files: files.files)
        let imageName = request.imageName ?? configuration?.package.imageName
        let identity = ReleaseIdentity(commit: files.commit)
        let image = try await applicationImage(request, configuration, identity)
        var images: [ReleaseManifest.Image] = []
        for other in configuration?.package.images ?? [] {
            images.append(
                try await ImageLookup(opener: opener).image(named: other.name, other.repository, identity.tag))
        }
        if request.lockImages {
            images += try await lock(
                PackageImages.scan(package).map(\.name),
                except: images.compactMap(\.name) + [imageName].compactMap { $0 })
        }
        if kind == .kustomize { try checkNames(imageName, image, images) }
        return try CapsuleBuilder.build(
            BuildRequest(
                commit: files.commit, committed: files.committed,
                source: .init(
                    repository: try sourceURL(request.sourceURL ?? files.repository), path: source?.description),
                image: image, package: package, imageName: imageName, images: images, sbom: request.sbom,
                provenance: request.provenance, run: request.run, strict: request.strict))
    }

    private func applicationImage(
        _ request: Request, _ configuration: CapsuleConfiguration?, _ identity: ReleaseIdentity
    ) async throws -> ReleaseManifest.Image {
        var location = request.image
        let repository: Repository
        if let named = request.imageRepository {
            repository = named
        } else if let configured = configuration?.image {
            repository = configured
        } else if case .registry(let place) = location?.place {
            repository = place
        } else {
            throw CapsuleError(
                .invalidName,
                "nothing says which repository the release's image lives in; write image: into "
                    + "\(CapsuleConfiguration.fileName), or give --image-repository")
        }
        if let digest = request.imageDigest {
            return ReleaseManifest.Image(repoURL: repository, tag: identity.tag, digest: digest)
        }
        if location == nil { location = Location(.registry(repository)) }
        guard var location, (location.tag ?? identity.tag) == identity.tag else {
            throw CapsuleError(
                .invalidName,
                "the image \(request.image.map { "\($0)" } ?? "") does not carry the release's tag; push it as \(identity)"
            )
        }
        location.tag = identity.tag
        return ReleaseManifest.Image(
            repoURL: repository, tag: identity.tag, digest: try await ImageLookup(opener: opener).digest(location))
    }

    /// Refuses two images under one name: a render could pin only one of them. A chart has a values key for each.
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
                    "the package calls two images \(quoted(bare)): \(other.repoURL):\(other.tag) and "
                        + "\(image.repoURL):\(image.tag); kustomize tells images apart by name, not by tag, so a render "
                        + "could pin only one. Give them different names in the package, or use one tag")
            }
            pinned[bare] = image
        }
    }

    /// Pins what the package calls by a tag. What it calls by a digest is pinned already.
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

    /// One spelling for one repository: a clone over SSH and one over HTTPS must give the same capsule.
    private func sourceURL(_ url: String?) throws(CapsuleError) -> String {
        guard var text = url.map(RepositorySurvey.recordedURL), text.contains("://"), !text.hasPrefix("file:")
        else {
            throw CapsuleError(
                .invalidName,
                "the source repository has no remote `origin` with a URL to record; give --source-repository URL")
        }
        if let scheme = text.firstRange(of: "://"), text.hasPrefix("ssh:") || text.hasPrefix("git+ssh:") {
            text = SourceURL.withoutCredentials("https://" + text[scheme.upperBound...])
        }
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix(".git") { text.removeLast(4) }
        return text
    }
}
