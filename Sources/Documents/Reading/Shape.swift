internal import Support

/// The shape of a value in a document: the type, the keys of an object, and the limits of lists and texts.
///
/// It is for values that are passed on as they are, such as parts of Kubernetes objects: ``StrictObject/value(_:_:)`` reads
/// them as strictly as a schema of our own.
package indirect enum Shape: Sendable {
    /// Text that satisfies a rule.
    case text(TextRule)
    /// One of these words.
    case choice([String])
    /// True or false.
    case bool
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// A whole number, or text that satisfies a rule.
    case integerOr(ClosedRange<Int>, TextRule)
    /// Text that satisfies a rule, which may also be a number without quotes; it keeps its spelling.
    case scalar(TextRule)
    /// An object whose keys the author chooses.
    case map(keys: TextRule, Shape)
    /// A list.
    case list(Shape)
    /// An object with known keys.
    case object(Members)

    /// The maximum number of elements of a list and of keys of a map: far more than a manifest has.
    static let maximumCount = 256

    /// What a text must be. The function throws the reason why a text is not that.
    package typealias TextRule = @Sendable (_ text: String) throws(DocumentError) -> Void

    /// The known keys of an object.
    package struct Members: Sendable {
        let shapes: [(key: String, shape: Shape)]
        let required: [String]
        let alternatives: [String]
        let isChoiceRequired: Bool
    }

    /// An object with known keys.
    ///
    /// - Parameters:
    ///   - required: the keys that must be there.
    ///   - atMostOneOf: the keys of which only one may be there.
    package static func object(
        _ shapes: KeyValuePairs<String, Shape>, required: [String] = [], atMostOneOf: [String] = []
    ) -> Shape {
        .object(
            Members(
                shapes: shapes.map { ($0.key, $0.value) }, required: required, alternatives: atMostOneOf,
                isChoiceRequired: false))
    }

    /// An object with known keys, of which exactly one of `alternatives` must be there.
    package static func union(
        _ alternatives: KeyValuePairs<String, Shape>, _ others: KeyValuePairs<String, Shape> = [:],
        required: [String] = []
    ) -> Shape {
        .object(
            Members(
                shapes: (Array(others) + Array(alternatives)).map { ($0.key, $0.value) }, required: required,
                alternatives: alternatives.map(\.key), isChoiceRequired: true))
    }

    /// Any text that is not longer than `limit` bytes.
    package static func anyText(limit: Int = 4_096) -> TextRule {
        { text throws(DocumentError) in
            guard text.utf8.count <= limit else { throw .init(.limitExceeded, "it has more than \(limit) bytes") }
        }
    }
}

extension StrictObject {
    /// The value of a key, read by a shape; nil when the key is missing.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` with the line and the path of what does not have the shape.
    package func value(_ key: String, _ shape: Shape) throws(DocumentError) -> JSONValue? {
        guard let node = self[key] else { return nil }
        return try value(node, name(key), line(of: key), shape)
    }

    private func value(
        _ node: DocumentNode, _ name: String, _ line: Int?, _ shape: Shape
    ) throws(DocumentError) -> JSONValue {
        switch shape {
        case .text(let rule): return .string(try text(node, name, line, rule))
        case .choice(let words):
            return .string(
                try text(node, name, line) { text throws(DocumentError) in
                    guard words.contains(text) else {
                        throw .init(
                            .invalidDocument, "\(quoted(text)) must be one of: \(words.joined(separator: ", "))")
                    }
                })
        case .bool:
            guard let truth = node.bool else { throw invalid(name, line, "must be true or false") }
            return .bool(truth)
        case .integer(let range):
            guard let number = node.wholeNumber, range.contains(number) else {
                throw invalid(
                    name, line,
                    "must be a whole number from \(range.lowerBound) to \(range.upperBound), written without quotes")
            }
            return .number(String(number))
        case .integerOr(let range, let rule):
            if let number = node.wholeNumber {
                guard range.contains(number) else {
                    throw invalid(name, line, "must be from \(range.lowerBound) to \(range.upperBound)")
                }
                return .number(String(number))
            }
            return .string(try text(node, name, line, rule))
        case .scalar(let rule):
            guard let text = node.text else { throw invalid(name, line, "must be a number or text") }
            try check(text, name, line, rule)
            return node.isAmbiguous ? .number(text) : .string(text)
        case .list(let element):
            guard let elements = node.elements else { throw invalid(name, line, "must be a list") }
            try checkCount(elements.count, name, line)
            var values: [JSONValue] = []
            for (index, node) in elements.enumerated() {
                values.append(try value(node, "\(name)[\(index)]", node.line, element))
            }
            return .array(values)
        case .map(let rule, let shape):
            let object = try StrictObject(node, file: file, path: name, keys: nil, nulls: nulls)
            try checkCount(object.members.count, name, line)
            var members: [JSONMember] = []
            for member in object.members {
                try check(member.key, "the key \(quoted(member.key.prefix(100))) of \(name)", member.line, rule)
                let place = "\(name).\(member.key)"
                members.append(
                    JSONMember(key: member.key, value: try value(member.value, place, member.line, shape)))
            }
            return .object(members)
        case .object(let members): return try value(node, name, members)
        }
    }

    private func value(
        _ node: DocumentNode, _ name: String, _ members: Shape.Members
    ) throws(DocumentError) -> JSONValue {
        let object = try StrictObject(node, file: file, path: name, keys: members.shapes.map(\.key), nulls: nulls)
        var values: [JSONMember] = []
        for member in object.members {
            for (key, shape) in members.shapes where key.hasSameBytes(as: member.key) {
                values.append(
                    JSONMember(key: key, value: try value(member.value, "\(name).\(key)", member.line, shape)))
            }
        }
        for key in members.required where !values.contains(where: { $0.key == key }) {
            throw object.invalid("has no `\(key)`")
        }
        let chosen = values.map(\.key).filter(members.alternatives.contains)
        if chosen.count > 1 {
            throw object.invalid("has \(chosen.map { "`\($0)`" }.joined(separator: " and ")); only one is possible")
        }
        if chosen.isEmpty, members.isChoiceRequired {
            throw object.invalid(
                "must have one of: \(members.alternatives.joined(separator: ", "))")
        }
        return .object(values)
    }

    private func text(
        _ node: DocumentNode, _ name: String, _ line: Int?, _ rule: Shape.TextRule
    ) throws(DocumentError) -> String {
        try parse(node, name, line) { text in
            try rule(text)
            return text
        }
    }

    private func check(_ text: String, _ name: String, _ line: Int?, _ rule: Shape.TextRule) throws(DocumentError) {
        do throws(DocumentError) {
            try rule(text)
        } catch {
            throw invalid(name, line, "is invalid: \(error.message)")
        }
    }

    private func checkCount(_ count: Int, _ name: String, _ line: Int?) throws(DocumentError) {
        guard count <= Shape.maximumCount else {
            throw invalid(name, line, "has \(count) entries; the limit is \(Shape.maximumCount)")
        }
    }

    private func invalid(_ name: String, _ line: Int?, _ message: String) -> DocumentError {
        Self.error(file, line, "\(name) \(message)")
    }
}
