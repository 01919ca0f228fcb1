internal import FoundationEssentials

/// Runs `body` with a directory of its own, which is removed afterwards.
package func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "capsule-tests-\(UUID().uuidString.lowercased())")
        .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    // Git and other programs print resolved paths, so the tests use one too.
    let resolved = URL(filePath: path).resolvingSymlinksInPath().path
    do {
        let result = try await body(resolved)
        try? FileManager.default.removeItem(atPath: resolved)
        return result
    } catch {
        try? FileManager.default.removeItem(atPath: resolved)
        throw error
    }
}

/// Returns the bytes of a file.
package func readFile(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }

/// Writes a file and creates the directories above it.
package func writeFile(_ path: String, _ content: [UInt8]) throws {
    let url = URL(filePath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: url)
}

/// Writes a text file and creates the directories above it.
package func writeFile(_ path: String, _ content: String) throws { try writeFile(path, Array(content.utf8)) }

/// Returns every file and directory below `path`, relative to it and sorted; empty when `path` does not exist.
package func listTree(_ path: String) -> [String] {
    (try? FileManager.default.subpathsOfDirectory(atPath: path).sorted()) ?? []
}
