internal import Documents

/// What an attestation says.
public enum AttestationContent: Hashable, Sendable {
    /// That a release is signed, and nothing else.
    case signature
    /// Where it came from.
    case provenance(ProvenanceFacts)
    /// What is in it: the kind of document, such as `SPDX-2.3`.
    case sbom(String)
    /// That it was promoted.
    case promoted(PromotionStatement)
    /// That it was found to work in a stage.
    case verified(VerificationStatement)
    /// Something that is not known here; no requirement asks for it.
    case other

    /// Reads a predicate strictly, as its type says.
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
        case PredicateType.spdx, PredicateType.cycloneDX:
            self = .sbom(try Self.sbom(predicate, isSPDX: predicateType == PredicateType.spdx))
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
