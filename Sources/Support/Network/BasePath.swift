/// The path below which a service has its routes, such as `/capsule`, or nothing.
package struct BasePath: Hashable, Sendable, CustomStringConvertible {
    /// The error about a text that is not a base path.
    package struct Invalid: Error, CustomStringConvertible {
        package let description: String
    }

    /// The routes at the top.
    package static let top = BasePath()
    /// The maximum length: a base path has one or two short segments.
    static let maximumLength = 200

    /// The path, with a leading and without a trailing slash; empty for the top.
    package let description: String

    private init() { description = "" }

    /// Parses a base path.
    package init(_ text: String) throws(Invalid) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        let isValid =
            text.utf8.count <= Self.maximumLength && segments.count >= 2 && segments[0].isEmpty
            && segments.dropFirst().allSatisfy { segment in
                !segment.isEmpty && segment != "." && segment != ".." && segment.utf8.allSatisfy(Self.isAllowed)
            }
        guard isValid else {
            throw Invalid(
                description:
                    "\(quoted(text)) is not a base path; write it as /capsule, with a leading and without a trailing slash, of "
                    + "letters, digits and . _ - ~")
        }
        description = text
    }

    /// The rest of a path that is below this one, with its leading slash; nil for another path.
    package func rest(of path: String) -> String? {
        guard !description.isEmpty else { return path }
        let rest = path.utf8.dropFirst(description.utf8.count)
        guard rest.first == UInt8(ascii: "/"), path.utf8.starts(with: description.utf8) else { return nil }
        return String(Substring(rest))
    }

    // Characters that mean nothing to a proxy, a template or a URL.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
