package import OCI

/// The inputs of a build. The same request gives the same bytes.
package struct BuildRequest: Sendable {
    /// The form of the release.
    package var form: ReleaseForm
    /// The commit that is released.
    package var commit: CommitID
    /// Its committer time, seconds since 1970.
    package var committed: Int64
    /// The repository and path of the source. Credentials in the URL are dropped.
    package var source: ReleaseManifest.Source
    /// The application image, its digest known.
    package var image: ReleaseManifest.Image
    /// The digests of the manifests in the image's index, which a supplied SBOM or provenance may name.
    package var platforms: Set<Digest>
    /// The package in the commit.
    package var package: PackageTree
    /// The name of the application image in the package.
    package var imageName: String?
    /// The chart's values that name the application image; nil when a render finds them in the chart.
    package var values: HelmValues?
    /// The package's other images, each with its name in the package and its digest.
    package var images: [ReleaseManifest.Image]
    /// An SBOM to embed as it is; nil writes one.
    package var sbom: [UInt8]?
    /// Provenance to embed as it is; nil writes it.
    package var provenance: [UInt8]?
    /// The CI system's description of its run, for provenance that is written here.
    package var run: BuildRun?
    /// True when warnings stop the build.
    package var strict: Bool

    /// Describes a capsule to build.
    package init(
        form: ReleaseForm = .capsule, commit: CommitID, committed: Int64, source: ReleaseManifest.Source,
        image: ReleaseManifest.Image,
        platforms: Set<Digest> = [], package: PackageTree, imageName: String? = nil, values: HelmValues? = nil,
        images: [ReleaseManifest.Image] = [], sbom: [UInt8]? = nil,
        provenance: [UInt8]? = nil, run: BuildRun? = nil, strict: Bool = false
    ) {
        self.form = form
        self.commit = commit
        self.committed = committed
        self.source = source
        self.image = image
        self.platforms = platforms
        self.package = package
        self.imageName = imageName
        self.values = values
        self.images = images
        self.sbom = sbom
        self.provenance = provenance
        self.run = run
        self.strict = strict
    }
}
