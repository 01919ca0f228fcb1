internal import CapsuleCore

/// Finds the file and line that a rendered text comes from. It searches the environment policy first, because the
/// package was checked when it was built.
struct SourceLocator: Sendable {
    private let files: [PackageFile]
    /// Finds objects in the same files.
    let objects: ObjectLocator
    /// The maximum size of a file that is searched: larger ones are data and not written by hand.
    private static let largest = 1 << 20

    /// - Parameters:
    ///   - policy: the policy files that took part in the render.
    ///   - package: the package's files, by their paths in the rendered tree.
    init(policy: [PackageFile], package: [PackageFile], envType: String) {
        let own = "envTypes/\(envType)/"
        let first = policy.filter { $0.path.description.hasPrefix(own) }
        let rest = policy.filter { !$0.path.description.hasPrefix(own) }
        files = (first + rest + package).filter { $0.content.count <= Self.largest }
        objects = ObjectLocator(files)
    }

    /// The first line that contains one of `texts`. All files are searched for an earlier text before a later one.
    func find(_ texts: [String]) -> (file: String, line: Int)? {
        for text in texts where text.utf8.count >= 3 {
            for file in files {
                if let line = Self.line(of: Array(text.utf8), in: file.content) {
                    return (file.path.description, line)
                }
            }
        }
        return nil
    }

    private static func line(of needle: [UInt8], in content: [UInt8]) -> Int? {
        var number = 0
        for line in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            // A comment has no effect on the render.
            guard line.first(where: { $0 != UInt8(ascii: " ") }) != UInt8(ascii: "#") else { continue }
            if contains(line, needle) { return number }
        }
        return nil
    }

    private static func contains(_ line: ArraySlice<UInt8>, _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, line.count >= needle.count else { return false }
        return line.indices.dropLast(needle.count - 1).contains {
            line[$0] == first && line[$0..<($0 + needle.count)].elementsEqual(needle)
        }
    }
}
