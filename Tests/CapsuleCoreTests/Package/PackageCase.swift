import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import Testing

/// A package and what the lint has to say about it, from a file of `Cases/`: a header, then `=== path` before each file.
struct PackageCase: Sendable, CustomTestStringConvertible {
    /// What one finding must be: `error|warning rule file[:line] words in the message or remedy`.
    struct Expectation: Sendable, Hashable {
        let severity: String
        let rule: String
        let place: String
        let words: String
    }

    let testDescription: String
    let kind: PackageKind
    let entry: TreeDirectory?
    let expectations: [Expectation]
    let files: [PackageFile]

    var package: PackageTree { PackageTree(kind: kind, entry: entry, files: files) }

    static let all: [PackageCase] = {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().path + "/Cases"
        return listTree(directory).compactMap { try? PackageCase(name: $0, text: readFile("\(directory)/\($0)")) }
    }()

    init(name: String, text: [UInt8]) throws {
        testDescription = name
        var kind = PackageKind.kustomize
        var entry: TreeDirectory?
        var expectations: [Expectation] = []
        var files: [PackageFile] = []
        var current: (path: RelativePath, lines: [String])?
        func finish() {
            guard let current else { return }
            files.append(PackageFile(path: current.path, content: Array(current.lines.joined(separator: "\n").utf8)))
        }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("=== ") {
                finish()
                current = (try RelativePath(String(line.dropFirst(4))), [])
            } else if current != nil {
                current?.lines.append(String(line))
            } else if line.hasPrefix("kind: helm") {
                kind = .helm
            } else if line.hasPrefix("entry: ") {
                entry = try TreeDirectory(String(line.dropFirst(7)))
            } else if line.hasPrefix("expect: ") {
                let parts = line.dropFirst(8).split(separator: " ", maxSplits: 3).map(String.init)
                expectations.append(
                    Expectation(
                        severity: parts[0], rule: parts[1], place: parts[2], words: parts.count > 3 ? parts[3] : ""))
            }
        }
        finish()
        self.kind = kind
        self.entry = entry
        self.expectations = expectations
        self.files = files
    }
}
