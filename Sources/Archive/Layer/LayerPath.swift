internal import Support

/// The path rules of `format.md` §3, for every path that is written to or read from a layer.
enum LayerPath {
    /// The maximum number of bytes in one segment: what every common file system allows.
    static let maximumSegmentLength = 255
    /// The file that comes first in every layer.
    static let release = "release.yaml"
    /// The directories at the top of a layer.
    static let directories = ["metadata", "package"]

    /// Checks a path, without the slash that tar puts after directories.
    static func check(_ bytes: some Collection<UInt8>, isDirectory: Bool) throws(ArchiveError) -> String {
        let path = try checkForm(bytes)
        let top = bytes.prefix { $0 != UInt8(ascii: "/") }
        let isTop = top.count == bytes.count
        let allowed =
            isTop && !isDirectory
            ? top.elementsEqual(release.utf8)
            : directories.contains { top.elementsEqual($0.utf8) }
        guard allowed else {
            throw rejection(bytes, "is not allowed in a layer; only release.yaml, metadata/ and package/ are")
        }
        return path
    }

    /// Checks a path by all rules except the one about the top of the layer.
    static func checkForm(_ bytes: some Collection<UInt8>) throws(ArchiveError) -> String {
        if let broken = brokenRule(bytes) { throw rejection(bytes, broken) }
        guard let path = String(utf8: ArraySlice(bytes)) else {
            throw rejection(bytes, "is not UTF-8")
        }
        guard isNormalized(path) else {
            throw rejection(bytes, "is not in Unicode normal form C; rename the file")
        }
        return path
    }

    /// The form in which two names are equal when a file system without case, or with another normal form, treats them as equal.
    ///
    /// Swift's strings compare and hash by canonical equivalence, which covers the normal forms. Converting to lower, upper and
    /// lower case again maps letters with several counterparts to one: ẞ, ß and ss; Σ, σ and ς. It also maps the dotless ı to i,
    /// which full case folding does not; that rule is stricter than any file system.
    static func folded(_ path: String) -> String {
        guard !path.isASCII else { return path.lowercased() }
        return path.lowercased().uppercased().lowercased()
    }

    /// The path of the directory that contains `path`; nil at the top.
    static func parent(of path: String) -> String? {
        StepCount.add(path.utf8.count)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(path[..<slash])
    }

    /// True when `left` comes before `right` in a layer: `release.yaml` first, then by bytes.
    static func precedes(_ left: String, _ right: String) -> Bool {
        if left == release { return right != release }
        if right == release { return false }
        return left.precedesByBytes(right)
    }

    private static func rejection(_ bytes: some Collection<UInt8>, _ reason: String) -> ArchiveError {
        ArchiveError(
            .invalidPath, "path \(quoted(bytes)) \(reason)",
            entry: String(decoding: bytes.prefix(ArchiveLimits.pathLength), as: UTF8.self))
    }

    private static func brokenRule(_ bytes: some Collection<UInt8>) -> String? {
        guard bytes.count <= ArchiveLimits.pathLength else { return "is longer than \(ArchiveLimits.pathLength) bytes" }
        guard !bytes.isEmpty else { return "is empty" }
        var previous: UInt8 = 0
        var length = 0
        var dots = 0
        for byte in bytes {
            StepCount.add()
            switch byte {
            case UInt8(ascii: "/"):
                if let broken = brokenSegment(length: length, dots: dots) { return broken }
                (length, dots) = (-1, 0)
            case UInt8(ascii: "\\"): return "has a backslash"
            case 0..<0x20, 0x7F: return "has a control character"
            // U+0080 to U+009F, the other control characters.
            case 0x80...0x9F where previous == 0xC2: return "has a control character"
            case UInt8(ascii: "."): dots += 1
            default: break
            }
            length += 1
            previous = byte
        }
        return brokenSegment(length: length, dots: dots)
    }

    private static func brokenSegment(length: Int, dots: Int) -> String? {
        if length == 0 { return "is absolute or has an empty segment" }
        if length <= 2, dots == length { return "has a . or .. segment" }
        if length > maximumSegmentLength { return "has a segment longer than \(maximumSegmentLength) bytes" }
        return nil
    }

    private static func isNormalized(_ path: String) -> Bool {
        guard !path.isASCII else { return true }
        guard #available(macOS 26, *) else {
            // The standard library of older systems cannot check this; only ASCII paths are accepted there.
            return false
        }
        var span = path.utf8Span
        return span.checkForNFC(quickCheck: false)
    }
}
