/// The media types of the image-spec, and of Docker's manifests.
public enum MediaType {
    /// An image manifest.
    public static let imageManifest = "application/vnd.oci.image.manifest.v1+json"
    /// An image index.
    public static let imageIndex = "application/vnd.oci.image.index.v1+json"
    /// Docker's image manifest, schema 2.
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    /// Docker's manifest list.
    public static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// The config of an image.
    public static let imageConfig = "application/vnd.oci.image.config.v1+json"
    /// Docker's config of an image.
    package static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    /// A gzip-compressed tar layer.
    public static let layerTarGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// The two-byte empty JSON object.
    public static let emptyJSON = "application/vnd.oci.empty.v1+json"

    /// Every type that a registry serves under `/manifests/`.
    public static let manifests = [imageManifest, imageIndex, dockerManifest, dockerManifestList]

    /// True when content of this type refers to other content and is stored as a manifest.
    public static func isManifest(_ mediaType: String) -> Bool { manifests.contains(mediaType) }

    /// True when content of this type lists manifests.
    public static func isIndex(_ mediaType: String) -> Bool {
        mediaType == imageIndex || mediaType == dockerManifestList
    }
}
