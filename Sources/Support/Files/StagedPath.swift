/// The path of a file or directory that is written under a partial name in the same directory, and renamed when it is
/// complete.
package struct StagedPath: Sendable {
    /// The directory, which must exist: `.` for a path without a slash.
    package let parent: String
    /// The last segment of the path.
    package let name: String

    /// Splits a path; nil when it cannot be that of a new file, such as `..` or a path with a trailing slash.
    package init?(_ path: String) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        name = slash.map { String(path[path.index(after: $0)...]) } ?? String(path)
        guard !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else { return nil }
        parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Returns a new partial name, `.<name>.partial-<random>`.
    package func makePartialName() -> String {
        partialPrefix + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    /// True when `makePartialName` can have returned this name.
    package func isPartial(_ name: String) -> Bool {
        guard name.utf8.starts(with: partialPrefix.utf8) else { return false }
        let rest = name.utf8.dropFirst(partialPrefix.utf8.count)
        return (1...16).contains(rest.count)
            && rest.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    private var partialPrefix: String {
        // 200 bytes leave room for the rest of the 255 bytes that a name may have.
        var shortened = name
        while shortened.utf8.count > 200 { shortened.removeLast() }
        return ".\(shortened).partial-"
    }
}
