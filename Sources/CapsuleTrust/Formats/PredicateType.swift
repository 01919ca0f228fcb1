internal import CapsuleCore

/// The URIs of the known predicate types.
package enum PredicateType {
    /// [SLSA provenance v1](https://slsa.dev/spec/v1.0/provenance)
    package static let provenance = Provenance.predicateType
    /// SPDX.
    package static let spdx = "https://spdx.dev/Document"
    /// CycloneDX.
    package static let cycloneDX = "https://cyclonedx.org/bom"
    /// Our own: the release was promoted to a stage. `PromotionStatement`
    package static let promotion = "https://release-capsule.io/promotion/v1"
    /// Our own: the release was verified in a stage. `VerificationStatement`
    package static let verification = "https://release-capsule.io/verification/v1"

    /// Returns the URI for one of the short names of cosign's `--type`, or for a URI itself; nil for anything else.
    package static func named(_ text: String) -> String? {
        switch text {
        case "slsaprovenance1": provenance
        case "spdx", "spdxjson": spdx
        case "cyclonedx": cycloneDX
        default: text.contains("://") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 } ? text : nil
        }
    }
}
