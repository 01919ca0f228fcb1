public import CapsuleCore
package import Documents
internal import Support

/// The predicate of an attestation: its type, and its JSON.
public struct AttestationPredicate: Hashable, Sendable {
    /// The URI of the predicate type.
    public let type: String
    /// The JSON, byte for byte as it is signed.
    public let bytes: [UInt8]

    /// Creates a predicate from a JSON value.
    package init(type: String, value: JSONValue) {
        self.type = type
        // The text ends in a newline, which must not be in the middle of a statement.
        bytes = Array(value.text.utf8.dropLast())
    }

    /// Creates a predicate from JSON that another program wrote, checked as strictly as every reader here checks it.
    ///
    /// - Parameter file: the name of the JSON in messages.
    /// - Throws: `CapsuleError.Code.invalidMetadata` when an attestation with this predicate would be rejected.
    public init(type: String, json bytes: [UInt8], file: String) throws(CapsuleError) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes, file: file, limits: EvidenceLimits.predicate)
        } catch {
            throw Self.invalid(type, file, error)
        }
        try self.init(type: type, value, json: bytes, file: file)
    }

    /// Creates a predicate from an SBOM, whose content determines whether the type is SPDX or CycloneDX.
    ///
    /// - Throws: `DocumentError`, `CapsuleError.Code.invalidMetadata`
    public init(sbom bytes: [UInt8], file: String) throws {
        let document = try JSONParser.parse(bytes, file: file, limits: EvidenceLimits.predicate)
        let type = document["spdxVersion"] == nil ? PredicateType.cycloneDX : PredicateType.spdx
        try self.init(type: type, document, json: bytes, file: file)
    }

    private init(type: String, _ value: JSONValue, json bytes: [UInt8], file: String) throws(CapsuleError) {
        do {
            _ = try AttestationContent(type, value)
        } catch {
            throw Self.invalid(type, file, error)
        }
        self.type = type
        self.bytes = bytes
    }

    private static func invalid(_ type: String, _ file: String, _ error: DocumentError) -> CapsuleError {
        CapsuleError(.invalidMetadata, "\(file) cannot be attested as \(quoted(type)): \(error.message)")
    }
}
