internal import Support

/// A tag: a letter, digit or underscore, then up to 127 of those, dots and dashes.
///
/// [distribution-spec, Pulling manifests](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests)
public struct Tag: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    /// The tag's text.
    public let description: String

    /// Parses a tag.
    ///
    /// - Throws: `OCIError.Code.invalidName`
    public init(_ string: String) throws(OCIError) {
        let bytes = string.utf8
        guard let first = bytes.first, bytes.count <= 128, isTagByte(first),
            first != UInt8(ascii: "."), first != UInt8(ascii: "-"), bytes.allSatisfy(isTagByte)
        else {
            throw OCIError(
                .invalidName,
                "\(quoted(string)) is not a tag; use 1 to 128 letters, digits, underscores, dots and dashes, "
                    + "not starting with a dot or dash")
        }
        description = string
    }

    /// Creates a tag from text that is known to be valid.
    init(checked text: String) { description = text }

    /// Orders by text.
    public static func < (left: Tag, right: Tag) -> Bool { left.description < right.description }

    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func isTagByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
    default: false
    }
}
