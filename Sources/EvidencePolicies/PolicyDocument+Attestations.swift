internal import CapsuleTrust
internal import Documents
internal import Support

extension PolicyDocument {
    static let attestationKeys = [
        "type", "promoted", "verified", "keys", "threshold", "builder", "source", "workflow", "ref",
    ]
    private static let provenanceKeys = ["builder", "source", "workflow", "ref"]

    /// Reads one item of `attestations`.
    static func attestation(
        _ object: StrictObject, keys: [String]
    ) throws(DocumentError) -> EvidencePolicy.Attestation {
        // The kind is read first, because an error about it is the most useful one.
        let kind = try kind(object)
        return EvidencePolicy.Attestation(kind: kind, by: try keyThreshold(object, keys: keys))
    }

    private static func kind(_ object: StrictObject) throws(DocumentError) -> AttestationRequirement.Kind {
        let type = try object.text("type")
        let promoted = try stage("promoted", object)
        let verified = try stage("verified", object)
        guard [type, promoted, verified].count(where: { $0 != nil }) == 1 else {
            throw object.invalid("requires exactly one of the keys type, promoted and verified")
        }
        if type != "provenance" {
            for key in provenanceKeys where try object.text(key) != nil {
                throw object.invalid(key: key, "is only for provenance")
            }
        }
        if let promoted { return .promoted(stage: promoted) }
        if let verified { return .verified(stage: verified) }
        switch type {
        case "sbom": return .sbom
        case "provenance":
            return .provenance(
                ProvenanceRequirement(
                    builder: try text("builder", object), source: try text("source", object),
                    workflow: try text("workflow", object), ref: try text("ref", object)))
        default:
            throw object.invalid(key: "type", "is \(quoted(type ?? "")); it must be one of: provenance, sbom")
        }
    }

    private static func stage(_ key: String, _ object: StrictObject) throws(DocumentError) -> String? {
        guard let text = try object.text(key) else { return nil }
        guard isDNSLabel(text) else {
            throw object.invalid(
                key: key,
                "is \(quoted(text)), which is not a stage name; use 1 to 63 lowercase letters, digits and inner dashes")
        }
        return text
    }

    /// A text that is compared byte by byte and must not contain invisible characters; nil when the key is missing.
    private static func text(_ key: String, _ object: StrictObject) throws(DocumentError) -> String? {
        guard let text = try object.text(key) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), (1...PolicyLimits.text).contains(text.utf8.count) else {
            throw object.invalid(
                key: key, "must be 1 to \(PolicyLimits.text) printable ASCII characters without spaces"
            )
        }
        return text
    }
}
