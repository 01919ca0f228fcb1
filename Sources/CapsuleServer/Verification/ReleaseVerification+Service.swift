internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import HTTPServer
internal import OCI
internal import ReleaseWorkflows
internal import Signing

extension ReleaseVerification.Request {
    /// The verification of what a request names, where it says that it stands.
    ///
    /// - Parameter keys: of which one must have signed the release, for the repository that it is read from; empty asks for no
    ///   signature.
    init(
        image: Freight.Image, capsule: VerifyRequest.Capsule, signedBy keys: [VerificationKey]
    ) throws(DocumentError) {
        self.init(
            capsule: Location(.registry(capsule.repository), tag: capsule.tag, digest: capsule.digest),
            image: Location(.registry(image.repoURL), tag: image.tag, digest: image.digest),
            imageRepository: image.repoURL)
        guard !keys.isEmpty else { return }
        evidence = EvidenceRequirements(signatures: [
            try SignatureRequirement(keys: keys, repository: capsule.repository)
        ])
    }
}

extension ReleaseVerification.Request {
    /// The verification of freight.
    init(_ freight: Freight, signedBy keys: [VerificationKey]) throws {
        let capsule = VerifyRequest.Capsule(
            repository: try Repository(freight.capsule.repoURL), tag: freight.capsule.tag,
            digest: freight.capsule.digest)
        try self.init(image: freight.image, capsule: capsule, signedBy: keys)
    }
}
