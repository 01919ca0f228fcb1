internal import FoundationEssentials

/// The service's JSON: one line, with sorted keys.
enum JSONText {
    static func bytes(_ document: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(document) else {
            preconditionFailure("documents hold strings, numbers and lists only")
        }
        return Array(data) + [0x0A]
    }
}
