import Foundation
import Testing

/// A name that someone else chose, such as that of a file, a branch or an object: the files in `HostileNameCases`, each
/// of which holds one JSON string, and names that are too long for a file.
struct HostileName: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String

    static let all: [HostileName] = {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().path + "/HostileNameCases"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().map { file in
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(file)"),
                let text = try? JSONDecoder().decode(String.self, from: data)
            else { fatalError("\(file) is not a JSON string") }
            return HostileName(testDescription: String(file.dropLast(5)), text: text)
        } + [
            HostileName(testDescription: "very long", text: "EVIL" + String(repeating: "x", count: 70_000)),
            HostileName(testDescription: "very many lines", text: String(repeating: "EVIL\n", count: 14_000)),
            HostileName(testDescription: "very long escapes", text: String(repeating: "\u{1b}", count: 70_000)),
        ]
    }()
}
