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
        _ reader: MappingReader, keys: [String]
    ) throws(DocumentError) -> EvidencePolicy.Attestation {
        // Before the keys: whoever forgot what is asked for learns that first.
        let kind = try kind(reader)
        return EvidencePolicy.Attestation(kind: kind, by: try vouchers(reader, keys: keys))
    }

    private static func kind(_ reader: MappingReader) throws(DocumentError) -> AttestationRequirement.Kind {
        try reader.refuseNulls()
        let type = try reader.string("type")
        let promoted = try stage("promoted", reader)
        let verified = try stage("verified", reader)
        guard [type, promoted, verified].count(where: { $0 != nil }) == 1 else {
            throw reader.complaint(
                "type", "or promoted or verified says what must be attested; give exactly one of them")
        }
        if type != "provenance" {
            for key in provenanceKeys where try reader.string(key) != nil {
                throw reader.complaint(key, "is for provenance alone")
            }
        }
        if let promoted { return .promoted(stage: promoted) }
        if let verified { return .verified(stage: verified) }
        switch type {
        case "sbom": return .sbom
        case "provenance":
            return .provenance(
                ProvenanceRequirement(
                    builder: try text("builder", reader), source: try text("source", reader),
                    workflow: try text("workflow", reader), ref: try text("ref", reader)))
        default:
            throw reader.complaint("type", "is \(quoted(type ?? "")); it must be one of: provenance, sbom")
        }
    }

    private static func stage(_ key: String, _ reader: MappingReader) throws(DocumentError) -> String? {
        guard let text = try reader.string(key) else { return nil }
        guard isDNSLabel(text) else {
            throw reader.complaint(key, "is \(quoted(text)), which no stage can be called")
        }
        return text
    }

    /// Compared whole and as it stands, so nothing that cannot be seen may be in it.
    private static func text(_ key: String, _ reader: MappingReader) throws(DocumentError) -> String? {
        guard let text = try reader.string(key) else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), (1...PolicyLimits.text).contains(text.utf8.count) else {
            throw reader.complaint(
                key, "must be 1 to \(PolicyLimits.text) printable ASCII characters without spaces; it is compared whole"
            )
        }
        return text
    }
}
