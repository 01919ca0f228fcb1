internal import CapsuleTrust
internal import Documents
internal import HTTPServer
internal import OCI
internal import ReleaseWorkflows
internal import Signing

extension ReleaseVerification.Request {
    /// The verification of an image and a capsule that a request names.
    ///
    /// - Parameter keys: the keys of which one must have signed the release, for the repository that the capsule is
    ///   read from; an empty list requires no signature.
    init(image: Freight.Image, capsule: CapsuleReference, signedBy keys: [VerificationKey]) throws(DocumentError) {
        self.init(
            capsule: ArtifactReference(.registry(capsule.repository), tag: capsule.tag, digest: capsule.digest),
            image: ArtifactReference(.registry(image.repoURL), tag: image.tag, digest: image.digest),
            imageRepository: image.repoURL)
        guard !keys.isEmpty else { return }
        evidence = EvidenceRequirements(signatures: [
            try SignatureRequirement(keys: keys, repository: capsule.repository)
        ])
    }

    /// The hosts of the registries that it reads.
    var hosts: Set<String> {
        Set(
            [capsule.store, image?.store].compactMap { store in
                if case .registry(let repository) = store { repository.host } else { nil }
            })
    }

    /// The verification of freight.
    init(_ freight: Freight, signedBy keys: [VerificationKey]) throws {
        let capsule = CapsuleReference(
            repository: try Repository(freight.capsule.repoURL), tag: freight.capsule.tag,
            digest: freight.capsule.digest)
        try self.init(image: freight.image, capsule: capsule, signedBy: keys)
    }
}
