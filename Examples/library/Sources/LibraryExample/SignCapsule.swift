internal import CapsuleCore
public import CapsuleTrust
public import OCI
public import Signing

/// Signs a capsule, and attests that it works in a stage.
///
/// - Parameters:
///   - repository: the repository that the signature is valid for.
///   - time: the time of the test, in seconds since 1970.
public func signCapsule(
    _ reference: ArtifactReference, key: SigningKey, for repository: Repository, testedIn stage: String, at time: Int64,
    opener: any ContentOpener
) async throws -> ReleaseAttester.Report {
    // snippet: sign
    let store = try await opener.store(reference.store)
    // Reading it first shows that it is a capsule.
    let capsule = try await CapsuleReader.read(reference, from: store)
    let descriptor = capsule.manifest.descriptor
    try await ReleaseSigner(key: key, repository: repository).sign(descriptor, in: store)
    let statement = VerificationStatement(stage: stage, verifiedAt: time)
    let report = try await ReleaseAttester(key: key, repository: repository)
        .attest(descriptor, statement.predicate, in: store)
    print("attested \(report.predicateType) with key \(report.key)")
    // snippet end
    return report
}
