internal import Documents

/// The content of an attestation.
package enum AttestationContent: Hashable, Sendable {
    /// The release is signed. Nothing else is attested.
    case signature
    /// The origin of the release.
    case provenance(ProvenanceFacts)
    /// The contents of the release, as an SBOM of this kind, such as `SPDX-2.3`.
    case sbom(String)
    /// A promotion to a stage.
    case promoted(PromotionStatement)
    /// A verification in a stage.
    case verified(VerificationStatement)
    /// A predicate of an unknown type. No requirement accepts it.
    case other

    /// True for a statement of ours about a stage. We always write the repository into it, and it says what happened there.
    var isAboutStage: Bool {
        switch self {
        case .promoted, .verified: true
        case .signature, .provenance, .sbom, .other: false
        }
    }

    /// Decodes a predicate strictly, by its type.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    init(_ predicateType: String, _ predicate: JSONValue?) throws(DocumentError) {
        switch predicateType {
        case SignatureFormat.signPredicate:
            guard predicate == nil || predicate == .null || predicate?.members != nil else {
                throw DocumentError(.invalidDocument, "the predicate of a signature is an object")
            }
            self = .signature
        case PredicateType.provenance: self = .provenance(try ProvenanceFacts(predicate))
        case _ where PredicateType.isSPDX(predicateType): self = .sbom(try Self.sbom(predicate, isSPDX: true))
        case _ where PredicateType.isCycloneDX(predicateType): self = .sbom(try Self.sbom(predicate, isSPDX: false))
        case PredicateType.promotion: self = .promoted(try PromotionStatement(predicate))
        case PredicateType.verification: self = .verified(try VerificationStatement(predicate))
        default: self = .other
        }
    }

    private static func sbom(_ predicate: JSONValue?, isSPDX: Bool) throws(DocumentError) -> String {
        if isSPDX {
            guard let version = predicate?["spdxVersion"]?.string, ["SPDX-2.2", "SPDX-2.3"].contains(version),
                predicate?["SPDXID"]?.string == "SPDXRef-DOCUMENT", predicate?["packages"]?.array != nil
            else { throw DocumentError(.invalidDocument, "the predicate is not an SPDX 2.2 or 2.3 document") }
            return version
        }
        guard predicate?["bomFormat"]?.string == "CycloneDX", let version = predicate?["specVersion"]?.string,
            ["1.4", "1.5", "1.6"].contains(version)
        else { throw DocumentError(.invalidDocument, "the predicate is not a CycloneDX 1.4 to 1.6 document") }
        return "CycloneDX-\(version)"
    }
}
