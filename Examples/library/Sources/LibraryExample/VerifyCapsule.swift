public import CapsuleTrust
public import OCI
public import Signing

/// Verifies a capsule and its image, and requires a signature with `key`.
public func verifyCapsule(
    _ capsule: ArtifactReference, image: ArtifactReference, signedWith key: VerificationKey, for repository: Repository,
    opener: any ContentOpener
) async throws -> Verdict {
    // snippet: verify
    let signature = try SignatureRequirement(keys: [key], repository: repository)
    let request = VerificationRequest(
        capsule: capsule, source: try await opener.source(capsule.store),
        image: .lookup(source: try await opener.source(image.store), tag: image.tag, expected: image.digest),
        evidence: EvidenceRequirements(signatures: [signature]))
    let verdict = try await Verifier(opener: opener).verify(request)
    switch verdict {
    case .verified(let capsule, _):
        print("verified \(capsule.freight.capsule.digest)")
    case .rejected(let report):
        for check in report.failures { print("\(check.id): \(check.reason ?? "failed")") }
    }
    // snippet end
    return verdict
}
