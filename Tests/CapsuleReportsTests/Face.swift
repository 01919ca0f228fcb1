import Foundation
import Synchronization
import Testing

/// A text or Markdown form of a report, and a document of the report to fill with hostile names.
struct Face: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let isMarkdown: Bool
    /// The text of the report in which every string that has no form of its own is `name`.
    private let form: @Sendable (_ name: String) throws -> String
    /// The texts that tests have made, by the names of the names.
    private let made = Made()

    /// - Parameters:
    ///   - sample: the report as JSON.
    ///   - show: the form of the report.
    init<Report: Decodable & Sendable>(
        _ name: String, _ type: Report.Type, _ sample: String, markdown: Bool = false,
        show: @escaping @Sendable (Report) -> String
    ) {
        testDescription = name
        isMarkdown = markdown
        let document = Result { try FilledDocument(type, sample) }
        form = { show(try document.get().report(with: $0)) }
    }

    /// The report with a name, made once for all tests.
    func show(_ name: HostileName) throws -> String {
        try made.texts.withLock { texts in
            if let text = texts[name.testDescription] { return text }
            let text = try form(name.text)
            texts[name.testDescription] = text
            return text
        }
    }

    private final class Made: Sendable {
        let texts = Mutex<[String: String]>([:])
    }
}

/// A JSON document whose strings are replaced.
private struct FilledDocument<Report: Decodable & Sendable>: Sendable {
    private let sample: String
    /// The strings that may be any text, by their number.
    private let free: Set<Int>
    /// The strings that may be any text without control characters, such as a path.
    private let printable: Set<Int>

    init(_ type: Report.Type, _ sample: String) throws {
        self.sample = sample
        var count = 0
        _ = Self.fill(try JSONSerialization.jsonObject(with: Data(sample.utf8)), &count) { _ in nil }
        func accepting(_ text: String) -> Set<Int> {
            Set((0..<count).filter { (try? Self.decode(sample, [$0], text)) != nil })
        }
        free = accepting("\u{1b}\n|`\\")
        printable = accepting("|`[\u{202e}]")
        try #require(!free.isEmpty, "the report has no string of others")
    }

    /// The document in which every string is `name` that the type accepts there.
    func report(with name: String) throws -> Report {
        try (try? Self.decode(sample, printable, name)) ?? Self.decode(sample, free, name)
    }

    private static func decode(_ sample: String, _ replaced: Set<Int>, _ name: String) throws -> Report {
        var count = 0
        let json = try JSONSerialization.jsonObject(with: Data(sample.utf8))
        let filled = fill(json, &count) { replaced.contains($0) ? name : nil }
        return try JSONDecoder().decode(Report.self, from: JSONSerialization.data(withJSONObject: filled))
    }

    private static func fill(_ value: Any, _ count: inout Int, _ replacement: (Int) -> String?) -> Any {
        switch value {
        case let text as String:
            defer { count += 1 }
            return replacement(count) ?? text
        case let list as [Any]: return list.map { fill($0, &count, replacement) }
        case let object as [String: Any]:
            var filled: [String: Any] = [:]
            for key in object.keys.sorted() { filled[key] = object[key].map { fill($0, &count, replacement) } }
            return filled
        default: return value
        }
    }
}
