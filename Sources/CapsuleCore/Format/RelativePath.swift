internal import OCI
internal import Support

/// A path inside a tree, in normal form: no leading slash, no empty, `.` or `..` segment, no backslash, no control
/// character; at most 255 bytes a segment and 1,024 in all. Such a path cannot leave the directory it is put under.
///
/// Unicode normal form and case-folded twins are rules about a whole archive; the archive reader and writer check them.
public struct RelativePath: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The most bytes in one segment: what every common file system allows.
    package static let maximumSegmentLength = 255
    /// The most bytes in the path: `format.md` §3.
    package static let maximumLength = 1024

    /// The path, segments joined by `/`.
    public let description: String

    /// Parses a path.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        let segments = string.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let valid =
            string.utf8.count <= Self.maximumLength && !Self.hasLateControl(string)
            && segments.allSatisfy { segment in
                !segment.isEmpty && segment.count <= Self.maximumSegmentLength
                    && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                    && segment.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
            }
        guard valid else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a relative path in normal form; write segments joined by single slashes, "
                    + "without . or .. or a leading slash")
        }
        description = string
    }

    /// True when the text contains a control character U+0080 to U+009F: terminals interpret those too.
    private static func hasLateControl(_ string: String) -> Bool {
        var lead: UInt8 = 0
        for byte in string.utf8 {
            if lead == 0xC2, byte <= 0x9F { return true }
            lead = byte
        }
        return false
    }

    /// The segments. The path is split at bytes, because a slash and a combining mark after it are one `Character`.
    package var segments: [Substring] {
        description.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// The last segment.
    package var lastSegment: String { segments.last.map(String.init) ?? description }

    /// The path without its last segment; nil at the top.
    public var parent: RelativePath? {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return RelativePath(known: String(description[..<slash]))
    }

    /// This path with another below it.
    public func appending(_ other: RelativePath) throws(CapsuleError) -> RelativePath {
        try RelativePath("\(description)/\(other)")
    }

    /// The part of this path below `directory`; nil when the path is not below it.
    package func relative(to directory: RelativePath) -> RelativePath? {
        let prefix = directory.description + "/"
        guard description.utf8.starts(with: prefix.utf8) else { return nil }
        return RelativePath(known: String(description.utf8.dropFirst(prefix.utf8.count)) ?? description)
    }

    /// Resolves `reference`, which may climb with `..`, from this directory (nil is the top of the tree).
    ///
    /// Returns nil when the reference leaves the tree or is absolute; the empty string means the top.
    package static func resolve(_ reference: String, from directory: RelativePath?) -> String? {
        guard !reference.hasPrefix("/") else { return nil }
        var segments = directory?.segments ?? []
        for segment in reference.split(separator: "/", omittingEmptySubsequences: true) where segment != "." {
            if segment == ".." {
                guard segments.popLast() != nil else { return nil }
            } else {
                segments.append(segment)
            }
        }
        return segments.joined(separator: "/")
    }

    private init(known: String) { description = known }

    /// Orders by the bytes of the path.
    public static func < (left: RelativePath, right: RelativePath) -> Bool {
        left.description.precedesByBytes(right.description)
    }

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
