internal import FoundationEssentials
package import Testing

/// Compares `text` with `Golden/<name>` next to the test file. With `UPDATE_GOLDEN=1` the file is rewritten instead.
package func expectGolden(
    _ text: String, _ name: String, filePath: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let directory = filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let path = "\(directory)/Golden/\(name)"
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try writeFile(path, text)
        return
    }
    guard let bytes = try? readFile(path) else {
        Issue.record("there is no golden file \(path); run with UPDATE_GOLDEN=1", sourceLocation: sourceLocation)
        return
    }
    let expected = String(decoding: bytes, as: UTF8.self)
    guard expected != text else { return }
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = text.split(separator: "\n", omittingEmptySubsequences: false)
    let diff = new.difference(from: old).map { change in
        switch change {
        case .remove(let offset, let line, _): "-\(offset + 1): \(line)"
        case .insert(let offset, let line, _): "+\(offset + 1): \(line)"
        }
    }
    Issue.record(
        "\(name) differs; with UPDATE_GOLDEN=1 it is rewritten\n\(diff.prefix(80).joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}
