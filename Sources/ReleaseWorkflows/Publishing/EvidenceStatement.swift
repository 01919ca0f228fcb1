internal import CapsuleCore
package import CapsuleTrust
internal import Documents
internal import OCI

/// A statement about a release, to be attested.
package enum EvidenceStatement: Sendable {
    /// SLSA provenance v1, as the environment describes the build.
    case provenance(BuildEnvironment)
    /// An SBOM in SPDX or CycloneDX JSON, which must describe this release.
    case sbom([UInt8], file: String)
    /// A stage in which the release was verified.
    case verification(VerificationStatement)
    /// A predicate of any other type, as JSON.
    case custom(type: String, json: [UInt8], file: String)

    /// The predicate of the statement about a release.
    ///
    /// - Parameter platforms: the digests of the manifests in the index of the release's image, which an SBOM may name.
    /// - Throws: `CapsuleError.Code.invalidMetadata` for content that does not describe this release, or that no reader
    ///   would accept.
    func predicate(for contents: CapsuleContents, platforms: Set<Digest>) throws -> AttestationPredicate {
        switch self {
        case .provenance(let environment):
            return try environment.provenance(of: contents.release)
        case .sbom(let bytes, let file):
            let findings = SBOM.check(
                bytes, image: contents.release.image, platforms: platforms, package: contents.package)
            guard findings.isEmpty else {
                throw CapsuleError(
                    .invalidMetadata, "\(file) is not an SBOM of this release; nothing was attested", findings: findings
                )
            }
            return try AttestationPredicate(sbom: bytes, file: file)
        case .verification(let statement):
            // The statement is parsed as every reader parses it, so that an invalid stage name is rejected here.
            let predicate = statement.predicate
            return try AttestationPredicate(
                type: predicate.type, json: predicate.bytes, file: "the verification of stage \(statement.stage)")
        case .custom(let type, let json, let file):
            return try AttestationPredicate(type: type, json: json, file: file)
        }
    }
}
