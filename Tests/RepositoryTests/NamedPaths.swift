import Foundation

/// The files and folders of this repository that a page names: in code spans, and as targets of relative links.
struct NamedPaths {
    /// The top of the repository.
    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The paths, relative to the top of the repository, in the order in which the page names them.
    let paths: [String]

    /// Finds the paths in a page.
    ///
    /// - Parameters:
    ///   - markdown: the text of the page.
    ///   - directory: the directory of the page, relative to the top of the repository; empty for the top itself.
    init(markdown: String, directory: String) {
        var paths: [String] = []
        for match in markdown.matches(of: /`([^`\n]+)`|\]\(([^)\s]+)\)/) {
            if let code = match.output.1, Self.isPath(code) {
                paths.append(String(code.prefix { $0 != "<" }))
            } else if let link = match.output.2, !link.hasPrefix("#"), !link.contains(":") {
                let file = link.prefix { $0 != "#" }
                paths.append(directory.isEmpty ? String(file) : "\(directory)/\(file)")
            }
        }
        self.paths = paths
    }

    /// The paths that do not exist in the repository.
    var missing: [String] {
        paths.filter { !FileManager.default.fileExists(atPath: "\(Self.repository)/\($0)") }
    }

    private static func isPath(_ code: Substring) -> Bool {
        let folders = ["Benchmarks", "Examples", "Fuzz", "Sources", "Tests", "docs", "scripts"]
        return folders.contains { code.hasPrefix("\($0)/") } && !code.contains { $0 == " " || $0 == "*" }
    }

    /// The text of a file of the repository.
    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(repository)/\(path)", encoding: .utf8)
    }

    /// The files below a folder whose names end in `suffix`, relative to the top of the repository and sorted.
    static func files(below folder: String, suffix: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(repository)/\(folder)")
            .filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") && !$0.contains("/.") }
            .map { folder == "." ? $0 : "\(folder)/\($0)" }.sorted()
    }
}
