import CapsuleTestSupport
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
            HostileName(testDescription: "very long", text: "EVIL" + String(filledWith: "x", count: 70_000)),
            HostileName(testDescription: "very many lines", text: String(repeating: "EVIL\n", count: 14_000)),
            HostileName(testDescription: "very long escapes", text: String(filledWith: "\u{1b}", count: 70_000)),
        ]
    }()

    /// The same names, of which the short ones are in one text as far as it is shown in full.
    static let joined: [HostileName] = {
        var (joined, short) = ([HostileName](), HostileName(testDescription: "", text: ""))
        for name in all {
            guard name.text.utf8.count <= 40 else {
                joined.append(name)
                continue
            }
            if short.text.utf8.count + name.text.utf8.count > 120 {
                joined.append(short)
                short = name
            } else {
                short = HostileName(
                    testDescription: "\(short.testDescription) \(name.testDescription)",
                    text: "\(short.text)x\(name.text)")
            }
        }
        return joined + [short]
    }()
}
