public import CapsuleCore
public import Documents
internal import Support

/// What is attested: a kind of statement, and what it says.
public struct AttestationPredicate: Hashable, Sendable {
    /// The URI of the kind.
    public let type: String
    /// The JSON, which is signed as it is.
    public let bytes: [UInt8]

    /// Takes a value.
    public init(type: String, value: JSONValue) {
        self.type = type
        // The text ends in a newline, which has no place in the middle of a statement.
        bytes = Array(value.text.utf8.dropLast())
    }

    /// Takes JSON that somebody else wrote, read as strictly as every reader here will read it.
    ///
    /// - Parameter file: what the JSON is called in messages.
    /// - Throws: `CapsuleError.Code.invalidMetadata` for what such an attestation would be refused for.
    public init(type: String, json bytes: [UInt8], file: String) throws(CapsuleError) {
        do throws(DocumentError) {
            let value = try JSONParser.parse(bytes, file: file, limits: EvidenceLimits.predicate)
            _ = try AttestationContent(type, value)
        } catch {
            throw CapsuleError(.invalidMetadata, "\(file) cannot be attested as \(quoted(type)): \(error.message)")
        }
        self.type = type
        self.bytes = bytes
    }

    /// Takes an SBOM, SPDX or CycloneDX as it says itself.
    ///
    /// - Throws: `DocumentError`, `CapsuleError.Code.invalidMetadata`
    public init(sbom bytes: [UInt8], file: String) throws {
        let document = try JSONParser.parse(bytes, file: file, limits: EvidenceLimits.predicate)
        try self.init(
            type: document["spdxVersion"] == nil ? PredicateType.cycloneDX : PredicateType.spdx, json: bytes, file: file
        )
    }
}
