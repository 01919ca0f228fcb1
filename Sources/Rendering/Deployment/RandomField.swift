package import CapsuleCore
internal import Documents
internal import Support

/// A field whose value a chart may choose at random, such as a generated password: an entry of `allowRandom` in
/// `deployment.yaml`.
///
/// `data.password` is that field of every object, with all fields below it; `Secret/db data.password` is the field of one
/// object. Paths have the form of the messages: `spec.containers[web].image`, `data["tls.crt"]`.
package struct RandomField: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The kind and name of the object, `Secret/db`; nil for every object.
    let object: String?
    /// The path of the field.
    let path: String

    /// The text in `deployment.yaml`.
    package var description: String { object.map { "\($0) \(path)" } ?? path }

    /// Parses an entry.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    init(_ text: String) throws(DocumentError) {
        let space = text.firstIndex(of: " ")
        // A space in a path is in quotes: `data["a b"]`.
        let head = space.map { text[..<$0] }.flatMap { $0.contains("[") ? nil : $0 }
        object = head.map(String.init)
        path = head.map { String(text[text.index(after: $0.endIndex)...]) } ?? text
        let isObject =
            object.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
            .map { $0.count == 2 && $0.allSatisfy { !$0.isEmpty } } ?? true
        guard isObject, let first = path.first, first != " ", first != ".", text.utf8.count <= 1024 else {
            throw DocumentError(
                .invalidDocument,
                "\(quoted(text)) is not a field; write its path, such as data.password, or Secret/db data.password")
        }
    }

    /// Decodes the text form.
    package init(from decoder: any Decoder) throws { try self.init(decoder.singleValueContainer().decode(String.self)) }

    /// Encodes the text form.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// True for the field, and for each field below it.
    func covers(_ field: String, of kind: String, _ name: String) -> Bool {
        if let object, object != "\(kind)/\(name)" { return false }
        guard field.hasPrefix(path) else { return false }
        let rest = field.dropFirst(path.count)
        return rest.isEmpty || rest.first == "." || rest.first == "["
    }
}

/// The fields that a deployment allows to be random.
struct RandomFields {
    let fields: [RandomField]

    init(_ deployment: Deployment) { fields = deployment.allowRandom ?? [] }

    func cover(_ path: String, of node: YAMLNode) -> Bool {
        let kind = node["kind"]?.string ?? ""
        let metadata = node["metadata"]
        let name =
            metadata?["name"]?.string ?? metadata?["generateName"]?.string.map { HookName.label($0, in: nil) } ?? ""
        return fields.contains { $0.covers(path, of: kind, name) }
    }

    /// The text of an object with the same text in place of each allowed field. Two renders of the same inputs are the same
    /// when these texts are equal.
    func masked(_ content: [UInt8], _ node: YAMLNode) -> [UInt8] {
        guard !fields.isEmpty, let ranges = YAMLScalars.ranges(in: content) else { return content }
        var masks: [Bool] = []
        walk(node, FieldPath(), of: node, &masks)
        // An alias is one place in the text and many in the object.
        guard masks.count == ranges.count else { return content }
        var result: [UInt8] = []
        var end = 0
        for (range, mask) in zip(ranges, masks) where mask {
            result += content[end..<range.lowerBound]
            result += Array("random".utf8)
            end = range.upperBound
        }
        return result + content[end...]
    }

    private func walk(_ node: YAMLNode, _ path: FieldPath, of object: YAMLNode, _ masks: inout [Bool]) {
        switch node.value {
        case .scalar: masks.append(cover(path.description, of: object))
        case .sequence(let elements):
            for (index, element) in elements.enumerated() {
                walk(element, path.element(index, element), of: object, &masks)
            }
        case .mapping(let entries):
            for entry in entries {
                masks.append(false)
                walk(entry.value, path.key(entry.key), of: object, &masks)
            }
        }
    }
}

extension RenderedManifests {
    /// True when files that were rendered earlier differ from these only in the fields that the deployment allows to be
    /// random.
    package func isReproduced(by held: [PackageFile], of deployment: Deployment) -> Bool {
        let random = RandomFields(deployment)
        let held = held.sorted { $0.path < $1.path }
        guard !random.fields.isEmpty, held.map(\.path) == files.map(\.path) else { return false }
        func masked(_ file: PackageFile) -> [UInt8]? {
            guard let nodes = try? YAMLParser.documents(file.content, file: file.path.description), nodes.count == 1
            else {
                return nil
            }
            return random.masked(file.content, nodes[0])
        }
        return zip(held, files).allSatisfy { old, new in
            if old == new { return true }
            guard let before = masked(old), let after = masked(new) else { return false }
            return before == after
        }
    }
}
