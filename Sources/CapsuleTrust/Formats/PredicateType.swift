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

    /// True for the URI of SPDX documents, with or without a version: `https://spdx.dev/Document/v2.3`.
    static func isSPDX(_ type: String) -> Bool { isVersion(type, of: spdx) }

    /// True for the URI of CycloneDX documents, with or without a version: `https://cyclonedx.org/bom/v1.5`.
    static func isCycloneDX(_ type: String) -> Bool { isVersion(type, of: cycloneDX) }

    private static func isVersion(_ type: String, of name: String) -> Bool {
        guard type.utf8.starts(with: name.utf8) else { return false }
        let rest = type.utf8.dropFirst(name.utf8.count)
        guard !rest.isEmpty else { return true }
        guard rest.first == UInt8(ascii: "/") else { return false }
        let version = rest.dropFirst().drop { $0 == UInt8(ascii: "v") }
        return version.count == rest.count - 2 || version.count == rest.count - 1
            ? version.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { number in
                !number.isEmpty && number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            } : false
    }

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
