internal import CapsuleCore
internal import GitOps
internal import OCI

/// Resolves the tags of images.
struct ImageLookup {
    let opener: any ContentOpener

    /// The digest of the image at a reference with a tag. A digest in the reference must match the resolved one.
    func digest(_ reference: ArtifactReference) async throws -> Digest {
        guard let tag = reference.tag else {
            throw OCIError(.invalidName, "\(reference) has no tag; add :TAG")
        }
        _ = try reference.digest?.naming("an image")
        guard let found = try await opener.source(reference.store).resolve(tag) else {
            throw OCIError(.notFound, "there is no image \(reference.store):\(tag); build and push it first")
        }
        if let asserted = reference.digest, asserted != found.digest {
            throw OCIError(
                .contentMismatch,
                "the image \(reference.store):\(tag) is \(found.digest), not \(asserted) as was asserted; "
                    + "the tag was moved, or the assertion is about another build")
        }
        return try found.digest.naming("an image")
    }

    /// The digests of the manifests in the index of an image; empty when the image has no index, and when it cannot be
    /// read, for example because its digest was asserted.
    func platforms(_ image: ReleaseManifest.Image, in store: StoreReference? = nil) async -> Set<Digest> {
        guard let digest = image.digest else { return [] }
        return (try? await opener.source(store ?? .registry(image.repoURL)).platforms(of: digest)) ?? []
    }

    /// The image of a repository and tag, pinned to its digest.
    func image(named name: String, _ repository: Repository, _ tag: Tag) async throws -> ReleaseManifest.Image {
        ReleaseManifest.Image(
            name: name, repoURL: repository, tag: tag,
            digest: try await digest(ArtifactReference(.registry(repository), tag: tag)))
    }
}
