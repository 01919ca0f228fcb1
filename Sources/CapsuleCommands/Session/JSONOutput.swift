internal import CapsuleCore
internal import FoundationEssentials
internal import Support

/// The JSON of every command: sorted keys, two spaces, no escaped slashes.
enum JSONOutput {
    /// The version of the documents of `--output json`. One version only ever gains fields.
    static let schemaVersion = CapsuleFormat.documentSchema

    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("results hold strings, numbers and lists only")
        }
        return String(decoding: data, as: UTF8.self).escapedForJSON
    }
}
