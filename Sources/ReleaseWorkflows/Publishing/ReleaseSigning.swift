internal import CapsuleCore
package import CapsuleTrust
package import OCI
package import Signing

/// Signs and attests releases that are published already.
package struct ReleaseSigning: Sendable {
    /// The result of a signature.
    package struct SignatureReport: Codable, Sendable {
        /// The version of this document's schema.
        package var schemaVersion = CapsuleFormat.documentSchema
        /// The store, tag and digest of the capsule.
        package var reference: String
        /// The signature.
        package var signature: ReleaseSigner.Report
    }

    /// The result of an attestation.
    package struct AttestationReport: Codable, Sendable {
        /// The version of this document's schema.
        package var schemaVersion = CapsuleFormat.documentSchema
        /// The store, tag and digest of the capsule.
        package var reference: String
        /// The attestation.
        package var attestation: ReleaseAttester.Report
    }

    private let key: SigningKey
    private let repository: Repository
    private let opener: any ContentOpener

    /// Creates the workflow.
    ///
    /// - Parameter repository: the repository that signatures and attestations name; the capsule may be read from
    ///   another one.
    package init(key: SigningKey, repository: Repository, opener: any ContentOpener) {
        self.key = key
        self.repository = repository
        self.opener = opener
    }

    /// Signs a release. A signature that this key has made before is kept.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` for content that is not a release and is therefore not signed.
    package func sign(_ reference: ArtifactReference) async throws -> SignatureReport {
        let capsule = try await read(reference)
        let signer = ReleaseSigner(key: key, repository: repository)
        return SignatureReport(
            reference: full(reference, capsule),
            signature: try await signer.sign(capsule.manifest.descriptor, in: opener.store(reference.store)))
    }

    /// Attests a statement about a release. An identical statement that this key has attested before is kept.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` for content that is not a release; `.invalidMetadata` for content that
    ///   does not describe this release, or that no reader would accept.
    package func attest(_ reference: ArtifactReference, _ statement: EvidenceStatement) async throws
        -> AttestationReport
    {
        let capsule = try await read(reference)
        let contents = try CapsuleContents(capsule)
        let platforms =
            if case .sbom = statement {
                await ImageLookup(opener: opener).platforms(contents.release.image)
            } else {
                Set<Digest>()
            }
        let predicate = try statement.predicate(for: contents, platforms: platforms)
        let attester = ReleaseAttester(key: key, repository: repository)
        return AttestationReport(
            reference: full(reference, capsule),
            attestation: try await attester.attest(
                capsule.manifest.descriptor, predicate, in: opener.store(reference.store)))
    }

    private func read(_ reference: ArtifactReference) async throws -> Capsule {
        try await CapsuleReader.read(reference, from: opener.source(reference.store))
    }

    private func full(_ reference: ArtifactReference, _ capsule: Capsule) -> String {
        "\(ArtifactReference(reference.store, tag: reference.tag, digest: capsule.digest))"
    }
}
