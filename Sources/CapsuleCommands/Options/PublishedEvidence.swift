internal import CapsuleCore
internal import CapsuleTrust
internal import OCI

/// What `publish --key` puts beside a release before the release gets its tag.
struct PublishedEvidence: Sendable {
    let signer: ReleaseSigner
    /// Attests provenance and SBOM; nil leaves them out.
    let attester: ReleaseAttester?
    let environment: BuildEnvironment

    struct Report: Sendable {
        var signature: ReleaseSigner.Report
        var attestations: [ReleaseAttester.Report]?
    }

    func write(_ built: BuiltCapsule, _ capsule: Descriptor, in store: any ContentStore) async throws -> Report {
        var report = Report(signature: try await signer.sign(capsule, in: store))
        guard let attester else { return report }
        var predicates = [try environment.provenance(of: built.release)]
        if let sbom = try CapsuleContents(built.capsule()).sbom {
            predicates.append(try AttestationPredicate(sbom: sbom, file: CapsuleFormat.sbomPath))
        }
        report.attestations = try await attester.attest(capsule, predicates, in: store)
        return report
    }
}
