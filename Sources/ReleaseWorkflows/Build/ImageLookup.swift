internal import CapsuleCore
internal import GitOps
internal import OCI

/// Resolves the tags of images.
struct ImageLookup {
    let opener: any ContentOpener

    /// The digest of the image at a location with a tag. A digest in the location must match the resolved one.
    func digest(_ location: Location) async throws -> Digest {
        guard let tag = location.tag else {
            throw OCIError(.invalidName, "\(location) has no tag; add :TAG")
        }
        _ = try location.digest?.naming("an image")
        guard let found = try await opener.source(location.place).resolve(tag) else {
            throw OCIError(.notFound, "there is no image \(location.place):\(tag); build and push it first")
        }
        if let asserted = location.digest, asserted != found.digest {
            throw OCIError(
                .contentMismatch,
                "the image \(location.place):\(tag) is \(found.digest), not \(asserted) as was asserted; "
                    + "the tag was moved, or the assertion is about another build")
        }
        return try found.digest.naming("an image")
    }

    /// The digests of the manifests in the index of an image; empty when the image has no index, and when it cannot be
    /// read, for example because its digest was asserted.
    func platforms(_ image: ReleaseManifest.Image, in place: Place? = nil) async -> Set<Digest> {
        guard let digest = image.digest else { return [] }
        return (try? await opener.source(place ?? .registry(image.repoURL)).platforms(of: digest)) ?? []
    }

    /// The image of a repository and tag, pinned to its digest.
    func image(named name: String, _ repository: Repository, _ tag: Tag) async throws -> ReleaseManifest.Image {
        ReleaseManifest.Image(
            name: name, repoURL: repository, tag: tag,
            digest: try await digest(Location(.registry(repository), tag: tag)))
    }
}
