internal import OCI
internal import Support

/// An image as a package URL of type `oci`.
///
/// `pkg:oci/<last path segment>@sha256:<hex>?repository_url=<host/path>&tag=…`
/// [purl, type oci](https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md)
struct PackageURL {
    /// The digest of the image.
    let digest: Digest
    /// The full name of the repository; nil when the URL does not have it.
    let repository: String?

    /// The package URL of an image; nil when the image has no digest.
    static func text(_ image: ReleaseManifest.Image) -> String? {
        image.digest.map {
            "pkg:oci/\(image.repoURL.lastSegment)@\($0)?repository_url=\(image.repoURL)&tag=\(image.tag)"
        }
    }

    /// Reads a package URL; nil when it is of another type or names no digest. Tools write the digest's colon as it is or as
    /// `%3A`.
    init?(_ text: String) {
        guard text.hasPrefix("pkg:oci/") else { return nil }
        let parts = text.split(separator: "#", maxSplits: 1)[0]
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let at = parts[0].lastIndex(of: "@"),
            let digest = try? Digest(PercentEncoding.decode(parts[0][parts[0].index(after: at)...]))
        else { return nil }
        self.digest = digest
        let qualifiers = parts.count == 2 ? parts[1].split(separator: "&") : []
        repository = qualifiers.first { $0.hasPrefix("repository_url=") }
            .map { PercentEncoding.decode($0.dropFirst("repository_url=".count)) }
    }
}
