package import Support

/// A YAML mapping or a JSON object of one of the project's own schemas, read strictly: an unknown key, a key without a value and a value of
/// another type are errors that name the file, the line and the key.
///
/// A key that was left blank must not have the meaning of a missing key: otherwise a gate or a rule in the file could
/// have no effect without any error.
package struct StrictObject: Sendable {
    /// The meaning of a key whose value is null.
    package enum NullRule: Sendable {
        /// Null is an error.
        case rejected
        /// Null is the same as a missing key: for JSON from programs, whose encoders write null for an optional value
        /// that is not set.
        case sameAsMissing
    }

    let file: String
    private let path: String
    let nulls: NullRule
    let members: [DocumentNode.Member]
    /// The line on which the object starts, from 1, where it is known.
    package let line: Int?

    /// Creates a reader of a YAML value that must be a mapping.
    ///
    /// - Parameters:
    ///   - file: the name of the document in messages.
    ///   - keys: the keys that the mapping may have; nil when the author chooses the names.
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(_ node: YAMLNode, file: String, keys: [String]?) throws(DocumentError) {
        try self.init(.yaml(node), file: file, path: "", keys: keys, nulls: .rejected)
    }

    /// Creates a reader of a JSON value that must be an object.
    ///
    /// - Parameters:
    ///   - file: the name of the document in messages.
    ///   - keys: the keys that the object may have; nil when the author chooses the names.
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(
        _ value: JSONValue, file: String, keys: [String]?, nulls: NullRule = .rejected
    ) throws(DocumentError) {
        try self.init(.json(value), file: file, path: "", keys: keys, nulls: nulls)
    }

    /// - Parameter path: the path of the object in the document, such as `gitops` or `stages[2]`; empty for the
    ///   outermost one.
    init(
        _ node: DocumentNode, file: String, path: String, keys: [String]?, nulls: NullRule
    ) throws(DocumentError) {
        self.file = file
        self.path = path
        self.nulls = nulls
        line = node.line
        guard let members = node.members else {
            let problem = node.isNull && !path.isEmpty ? "has no value; write one" : "must be \(node.objectNoun)"
            throw Self.error(file, line, "\(path.isEmpty ? "the document" : path) \(problem)")
        }
        if let keys,
            let unknown = members.first(where: { member in !keys.contains { $0.hasSameBytes(as: member.key) } })
        {
            let place = path.isEmpty ? "" : " in \(path)"
            throw Self.error(
                file, unknown.line,
                "unknown key \(quoted(unknown.key.prefix(100)))\(place); known keys are \(keys.joined(separator: ", "))"
            )
        }
        switch nulls {
        case .rejected: self.members = members
        case .sameAsMissing: self.members = members.filter { !$0.value.isNull }
        }
        if let blank = self.members.first(where: { $0.value.isNull }) {
            throw invalid(key: blank.key, "has no value; write one, or remove the key")
        }
    }

    /// An error about the value of a key, at the line of the key, or at the line of the object when the key is missing.
    ///
    /// - Parameter key: nil for the object itself.
    package func invalid(key: String? = nil, _ message: String) -> DocumentError {
        let line = key.flatMap(line(of:)) ?? line
        let subject = key.map(name) ?? path
        return Self.error(file, line, subject.isEmpty ? message : "\(subject) \(message)")
    }

    /// True when the object has a key.
    package func has(_ key: String) -> Bool { self[key] != nil }

    // MARK: Scalars

    /// The text of a key; nil when the key is missing.
    package func text(_ key: String) throws(DocumentError) -> String? { try parsed(key) { $0 } }

    /// The text of a required key.
    package func requiredText(_ key: String) throws(DocumentError) -> String { try required(key, text(key)) }

    /// The parsed text of a key; nil when the key is missing.
    package func parsed<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> Value? {
        guard let value = self[key] else { return nil }
        return try self.parse(value, name(key), line(of: key), parse)
    }

    /// The parsed text of a required key.
    package func requiredParsed<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> Value
    {
        try required(key, parsed(key, parse))
    }

    /// One of the values that a key may have; nil when the key is missing.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(DocumentError) -> Choice?
    {
        guard let value = self[key] else { return nil }
        if let text = value.text, Choice(rawValue: text) == nil {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw invalid(key: key, "is \(quoted(text)); it must be one of: \(known)")
        }
        return try text(key).flatMap { Choice(rawValue: $0) }
    }

    /// The duration of a key; nil when the key is missing.
    package func duration(_ key: String) throws(DocumentError) -> DurationText? {
        try parsed(key) { text in
            guard let duration = DurationText(text) else {
                throw DocumentError(.invalidDocument, "\(quoted(text)) is not \(DurationText.forms)")
            }
            return duration
        }
    }

    /// The truth value of a key; nil when the key is missing.
    package func bool(_ key: String) throws(DocumentError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let truth = value.bool else { throw invalid(key: key, "must be true or false") }
        return truth
    }

    /// The whole number of a key; nil when the key is missing.
    package func integer(_ key: String, in range: ClosedRange<Int>? = nil) throws(DocumentError) -> Int? {
        guard let value = self[key] else { return nil }
        if let number = value.wholeNumber, range?.contains(number) != false { return number }
        let found = value.text.map { "is \(quoted($0)); it " } ?? ""
        let bounds = range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? ""
        throw invalid(key: key, "\(found)must be a whole number\(bounds), written without quotes")
    }

    // MARK: Objects

    /// The object of a key; nil when the key is missing.
    package func object(_ key: String, keys: [String]) throws(DocumentError) -> StrictObject? {
        guard let value = self[key] else { return nil }
        return try StrictObject(value, file: file, path: name(key), keys: keys, nulls: nulls)
    }

    /// The object of a required key.
    package func requiredObject(_ key: String, keys: [String]) throws(DocumentError) -> StrictObject {
        try required(key, object(key, keys: keys))
    }

    /// The objects by the names that the author gave them, in the order of the document; nil when the key is missing,
    /// and never empty.
    package func namedObjects(
        _ key: String, keys: [String]
    ) throws(DocumentError) -> [(name: String, object: StrictObject)]? {
        guard let value = self[key] else { return nil }
        let names = try StrictObject(value, file: file, path: name(key), keys: nil, nulls: nulls)
        guard !names.members.isEmpty else { throw invalid(key: key, "is empty; write an entry, or remove the key") }
        var objects: [(name: String, object: StrictObject)] = []
        for member in names.members {
            let path = names.name(member.key)
            objects.append(
                (member.key, try StrictObject(member.value, file: file, path: path, keys: keys, nulls: nulls)))
        }
        return objects
    }

    /// The parsed texts by the names that the author gave them, in the order of the document; nil when the key is missing,
    /// and never empty.
    package func namedTexts<Value>(
        _ key: String, _ parse: (String) throws -> Value
    ) throws(DocumentError) -> [(name: String, value: Value)]? {
        guard let value = self[key] else { return nil }
        let names = try StrictObject(value, file: file, path: name(key), keys: nil, nulls: nulls)
        guard !names.members.isEmpty else { throw invalid(key: key, "is empty; write an entry, or remove the key") }
        var texts: [(name: String, value: Value)] = []
        for member in names.members {
            texts.append((member.key, try self.parse(member.value, names.name(member.key), member.line, parse)))
        }
        return texts
    }

    // MARK: Lists

    /// The elements of a list; nil when the key is missing.
    private func elements(_ key: String) throws(DocumentError) -> [DocumentNode]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.elements else { throw invalid(key: key, "must be a list") }
        return elements
    }

    /// The texts of a list; nil when the key is missing.
    package func texts(_ key: String) throws(DocumentError) -> [String]? { try parsedList(key) { $0 } }

    /// The parsed texts of a list; nil when the key is missing.
    package func parsedList<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> [Value]? {
        guard let elements = try elements(key) else { return nil }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            values.append(try self.parse(element, "\(name(key))[\(index)]", element.line, parse))
        }
        return values
    }

    /// The objects of a list; nil when the key is missing.
    package func objects(_ key: String, keys: [String]) throws(DocumentError) -> [StrictObject]? {
        guard let elements = try elements(key) else { return nil }
        var objects: [StrictObject] = []
        for (index, element) in elements.enumerated() {
            objects.append(
                try StrictObject(element, file: file, path: "\(name(key))[\(index)]", keys: keys, nulls: nulls))
        }
        return objects
    }

    // MARK: -

    subscript(key: String) -> DocumentNode? { members.first { $0.key.hasSameBytes(as: key) }?.value }

    func line(of key: String) -> Int? { members.first { $0.key.hasSameBytes(as: key) }?.line }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func required<Value>(_ key: String, _ value: Value?) throws(DocumentError) -> Value {
        guard let value else { throw invalid(key: key, "is missing") }
        return value
    }

    func parse<Value>(
        _ node: DocumentNode, _ name: @autoclosure () -> String, _ line: @autoclosure () -> Int?,
        _ parse: (String) throws -> Value
    ) throws(DocumentError) -> Value {
        guard let text = node.text else {
            throw Self.error(file, line(), "\(name()) \(node.isNull ? "has no value; write one" : "must be text")")
        }
        let value: Value
        do {
            value = try parse(text)
        } catch {
            throw Self.error(
                file, line(), "\(name()) is invalid: \(error.message)")
        }
        guard !node.isAmbiguous else {
            throw Self.error(
                file, line(),
                "\(name()) must be in quotes: other YAML readers take \(text) for a number or a truth value; write \"\(text)\""
            )
        }
        return value
    }

    static func error(_ file: String, _ line: Int?, _ message: String) -> DocumentError {
        DocumentError(.invalidDocument, "\(file):\(line.map { "\($0):" } ?? "") \(message)")
    }
}

extension StrictObject {
    /// Reads the only document of a YAML text.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package init(yaml: [UInt8], file: String, limits: YAMLLimits = .owned, keys: [String]) throws(DocumentError) {
        try self.init(YAMLParser.document(yaml, file: file, limits: limits), file: file, keys: keys)
    }
}
