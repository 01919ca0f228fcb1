internal import OCI

/// The names, media types and limits that `format.md` defines.
package enum CapsuleFormat {
    /// The version of the capsule's format, in the annotation that makes a manifest a capsule's.
    package static let version = "v1"
    /// The version of the format of a pair's package, in the same annotation.
    package static let packageVersion = "package-v1"
    /// The version of `capsule.yaml`, of the records on stage branches, and of JSON reports.
    package static let documentSchema = "release-capsule/v1alpha1"
    /// The label of the config that holds the data of `release.yaml` as canonical JSON.
    package static let releaseLabel = "io.release-capsule.release"
    /// The label of a pair's config that holds the package section of `release.yaml` as canonical JSON.
    package static let packageLabel = "io.release-capsule.package"
    /// The title annotation of the one layer; oras skips a layer that has none.
    package static let layerTitle = "capsule.tgz"

    /// `release.yaml`, the first entry of the layer.
    package static let releasePath = "release.yaml"
    /// The directory of the witnesses in the GitOps repository, below the application's root.
    package static let witnessDirectory = "releases"
    /// The SBOM.
    package static let sbomPath = "metadata/sbom.json"
    /// The provenance.
    package static let provenancePath = "metadata/provenance.json"

    /// The largest `release.yaml`, and the largest release in a config: 64 KiB, a hundred times a usual one.
    package static let maximumReleaseSize = 64 << 10
    /// The largest config: the largest release, with a backslash before every byte, and the other fields.
    package static let maximumConfigSize = 2 * maximumReleaseSize + 1024
    /// The largest layer, compressed: 32 MiB, `format.md` §3.
    package static let maximumLayerSize: Int64 = 32 << 20

    /// Keys of the manifest's annotations.
    package enum Annotation {
        /// The commit's committer time, RFC 3339 in UTC; Kargo orders by it.
        package static let created = "org.opencontainers.image.created"
        /// The commit.
        package static let revision = "org.opencontainers.image.revision"
        /// The source repository's URL, without credentials.
        package static let source = "org.opencontainers.image.source"
        /// The tag.
        package static let version = "org.opencontainers.image.version"
        /// The title in a registry's list; on the layer, its file name.
        package static let title = "org.opencontainers.image.title"
        /// The version of the format, which makes a manifest a capsule's.
        package static let format = "io.release-capsule.format"
        /// The image as `repo:tag`.
        package static let imageRef = "io.release-capsule.image.ref"
        /// The image's digest.
        package static let imageDigest = "io.release-capsule.image.digest"
        /// The package's kind.
        package static let packageKind = "io.release-capsule.package.kind"
        /// The package's path in the capsule.
        package static let packagePath = "io.release-capsule.package.path"
        /// The package digest.
        package static let packageDigest = "io.release-capsule.package.digest"
    }

    /// Every annotation that a capsule's manifest may have.
    package static let annotationKeys = [
        Annotation.created, Annotation.revision, Annotation.source, Annotation.version, Annotation.title,
        Annotation.format, Annotation.imageRef, Annotation.imageDigest, Annotation.packageKind, Annotation.packagePath,
        Annotation.packageDigest,
    ]
}
