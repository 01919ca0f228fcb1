internal import CapsuleCore
internal import Support

/// Finds the file and line that a rendered text comes from. It searches the environment policy first, because the
/// package was checked when it was built.
struct SourceLocator: Sendable {
    private let files: [PackageFile]
    /// Finds objects in the same files.
    let objects: ObjectLocator
    private let budget = SharedStepBudget(limit: Self.maximumBytes)
    /// The maximum size of a file that is searched: larger ones are data and not written by hand.
    private static let largest = 1 << 20
    /// The maximum number of bytes that are searched for the findings of one render. A few findings search the largest package as a whole;
    /// where there are hundreds of them, the later ones name the rendered file.
    static let maximumBytes = 512 << 20

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
            guard budget.spend(text.utf8.count) else { return nil }
            let needle = Array(text.utf8)
            guard !needle.contains(UInt8(ascii: "\n")) else { continue }
            for file in files {
                guard budget.spend(file.content.count) else { return nil }
                if let line = Self.line(of: needle, in: file.content) { return (file.path.description, line) }
            }
        }
        return nil
    }

    private static func line(of needle: [UInt8], in content: [UInt8]) -> Int? {
        let lineEnd = UInt8(ascii: "\n")
        var (next, number, counted) = (0, 1, 0)
        while let index = ByteSearch.first(needle, in: content, from: next) {
            let start = content[counted..<index].lastIndex(of: lineEnd).map { $0 + 1 } ?? counted
            number += content[counted..<start].count { $0 == lineEnd }
            // A comment has no effect on the render.
            guard content[start...].first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "#") else {
                return number
            }
            guard let end = content[index...].firstIndex(of: lineEnd) else { return nil }
            (next, number, counted) = (end + 1, number + 1, end + 1)
        }
        return nil
    }
}
