import Foundation
import Testing

/// A text or Markdown form of a report, and a document of the report to fill with hostile names.
struct Face: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let isMarkdown: Bool
    /// The text of the report in which every string that has no form of its own is `name`.
    private let form: @Sendable (_ name: String) throws -> String

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

    /// The report with a name.
    func show(_ name: HostileName) throws -> String { try form(name.text) }
}

/// A JSON document whose strings are replaced.
private struct FilledDocument<Report: Decodable & Sendable>: Sendable {
    private let sample: JSONTemplate
    /// The strings that may be any text, by their number.
    private let free: Set<Int>
    /// The strings that may be any text without control characters, such as a path.
    private let printable: Set<Int>

    init(_ type: Report.Type, _ sample: String) throws {
        let template = JSONTemplate(sample)
        self.sample = template
        func accepting(_ text: String) throws -> Set<Int> {
            let literal = try JSONTemplate.literal(text)
            return Set(template.values.indices.filter { (try? Self.decode(template, [$0], literal)) != nil })
        }
        free = try accepting("\u{1b}\n|`\\")
        printable = try accepting("|`[\u{202e}]")
        try #require(!free.isEmpty, "the report has no string of others")
    }

    /// The document in which every string is `name` that the type accepts there.
    func report(with name: String) throws -> Report {
        let literal = try JSONTemplate.literal(name)
        return try (try? Self.decode(sample, printable, literal)) ?? Self.decode(sample, free, literal)
    }

    private static func decode(_ sample: JSONTemplate, _ replaced: Set<Int>, _ literal: String) throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(sample.text(replacing: replaced, with: literal).utf8))
    }
}

/// The text of a JSON document, cut around the strings that are values and not keys.
private struct JSONTemplate: Sendable {
    /// The literals of the values, with their quotes.
    private(set) var values: [String] = []
    /// The text before each of them, and after the last.
    private var between: [String] = []

    init(_ text: String) {
        var rest = text[...]
        var before = ""
        while let quote = rest.firstIndex(of: "\"") {
            var end = rest.index(after: quote)
            while end < rest.endIndex, rest[end] != "\"" {
                end = rest.index(end, offsetBy: rest[end] == "\\" ? 2 : 1, limitedBy: rest.endIndex) ?? rest.endIndex
            }
            let after = end < rest.endIndex ? rest.index(after: end) : end
            before += rest[..<quote]
            let literal = String(rest[quote..<after])
            rest = rest[after...]
            if rest.first(where: { !$0.isWhitespace }) == ":" {
                before += literal
            } else {
                between.append(before)
                values.append(literal)
                before = ""
            }
        }
        between.append(before + rest)
    }

    static func literal(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }

    func text(replacing replaced: Set<Int>, with literal: String) -> String {
        var text = ""
        for index in values.indices {
            text += between[index]
            text += replaced.contains(index) ? literal : values[index]
        }
        return text + between[values.count]
    }
}
