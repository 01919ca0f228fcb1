internal import OCI
internal import Support

/// A path inside a tree, in normal form: no leading slash, no empty, `.` or `..` segment, no backslash, no control
/// character; at most 255 bytes a segment and 1,024 in all. Such a path cannot leave the directory it is put under.
///
/// Unicode normal form and case-folded twins are rules about a whole archive; the archive reader and writer check them.
public struct RelativePath: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The maximum number of bytes in one segment: what every common file system allows.
    package static let maximumSegmentLength = 255
    /// The maximum number of bytes in the path: `format.md` §3.
    package static let maximumLength = 1024

    /// The path, segments joined by `/`.
    public let description: String

    /// Parses a path.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        guard Self.isNormal(string) else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a relative path in normal form; write segments joined by single slashes, "
                    + "without . or .. or a leading slash")
        }
        description = string
    }

    /// True for a path in normal form, at the cost of one look at each byte: a package has thousands of paths.
    private static func isNormal(_ string: String) -> Bool {
        guard string.utf8.count <= maximumLength else { return false }
        var (length, dots, previous) = (0, 0, UInt8(0))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                guard isSegment(length: length, dots: dots) else { return false }
                (length, dots) = (-1, 0)
            case 0..<0x20, 0x7F, UInt8(ascii: "\\"): return false
            // U+0080 to U+009F, which terminals interpret too.
            case 0x80...0x9F where previous == 0xC2: return false
            case UInt8(ascii: "."): dots += 1
            default: break
            }
            length += 1
            previous = byte
        }
        return isSegment(length: length, dots: dots)
    }

    /// True for the size of a segment that is neither empty nor `.` or `..`.
    private static func isSegment(length: Int, dots: Int) -> Bool {
        (1...maximumSegmentLength).contains(length) && (length > 2 || dots < length)
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
