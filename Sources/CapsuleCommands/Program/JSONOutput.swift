internal import FoundationEssentials

/// JSON as every command prints it: sorted keys, two spaces, slashes as they are.
enum JSONOutput {
    /// The version of the documents that `--output json` prints. A field is only ever added under one version.
    static let schemaVersion = "release-capsule/v1alpha1"

    static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("results hold strings, numbers and lists only")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
