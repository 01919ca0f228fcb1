internal import Documents
internal import Support

/// Checks that a chart's `values.schema.json` refers to nothing outside of itself. `format.md` §6.
///
/// Helm's validator resolves references against `$id` and reads what they name, from the network or from a file, and its
/// messages quote what it could not read.
enum HelmSchema {
    /// The metaschemas of the drafts, which are compiled into helm. Their URLs may end in an empty fragment.
    private static let drafts: Set<String> = Set(
        [
            "draft-04/schema", "draft-06/schema", "draft-07/schema", "draft/2019-09/schema", "draft/2020-12/schema",
            "schema",
        ]
        .flatMap { ["http://json-schema.org/\($0)", "https://json-schema.org/\($0)"] })
    /// The metaschemas that every version of helm has, by the URL that is compiled in.
    private static let referableDrafts: Set<String> = [
        "http://json-schema.org/draft-04/schema", "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
    ]
    private static let references: Set<String> = ["$ref", "$dynamicRef", "$recursiveRef"]

    static func check(_ file: PackageFile, _ budget: inout YAMLBudget) -> [Finding] {
        let path = file.path.description
        do throws(DocumentError) {
            let documents = try budget.documents(file.content, file: path, limits: .manifests)
            guard let document = documents.first, documents.count == 1 else {
                throw DocumentError(
                    .invalidDocument, "\(path): \(documents.count) YAML documents; exactly one is expected")
            }
            return findings(document, path)
        } catch {
            // YAML has no surrogate pairs in escapes, which JSON has for an emoji.
            guard error.code == .invalidDocument,
                let document = try? JSONParser.parse(
                    file.content, file: path, keys: .fields([], freeForm: []), visit: nil)
            else { return [Finding(unreadable: error, file: path)] }
            return findings(node(document), path)
        }
    }

    private static func findings(_ document: YAMLNode, _ path: String) -> [Finding] {
        var findings: [Finding] = []
        var stack = [document]
        while let node = stack.popLast(), findings.count < KustomizeWalk.maximumFindings {
            stack += node.sequence ?? []
            for entry in node.mapping ?? [] {
                stack.append(entry.value)
                guard let text = entry.value.string, let problem = problem(entry.key, text) else { continue }
                findings.append(
                    Finding(
                        rule: "package.remote-reference", file: path, line: entry.line > 0 ? entry.line : nil,
                        message: "\(entry.key) \(quoted(text.prefix(300))) \(problem.message)", remedy: problem.remedy))
            }
        }
        return findings
    }

    // JSON has no lines; line 0 means that none is known.
    private static func node(_ value: JSONValue) -> YAMLNode {
        switch value {
        case .object(let members):
            YAMLNode(.mapping(members.map { YAMLEntry(key: $0.key, line: 0, value: node($0.value)) }), line: 0)
        case .array(let elements): YAMLNode(.sequence(elements.map(node)), line: 0)
        case .string(let text): YAMLNode(.scalar(text, plain: false), line: 0)
        case .number, .bool, .null: YAMLNode(.scalar("", plain: true), line: 0)
        }
    }

    private static func problem(_ key: String, _ text: String) -> (message: String, remedy: String)? {
        let (base, fragment) = split(text)
        switch key {
        case _ where references.contains(key):
            if base.isEmpty || referableDrafts.contains(base) { return nil }
            return (
                "is outside this schema, and helm would fetch it",
                "copy the definition into this file and refer to it with #/…"
            )
        case "$schema":
            if drafts.contains(base), fragment.isEmpty { return nil }
            return (
                "is not a draft of JSON Schema that helm knows, and helm would fetch it",
                "name a draft, such as http://json-schema.org/draft-07/schema#"
            )
        case "$id", "id":
            let isURL = text.contains("://") || text.lowercased().hasPrefix("file:")
            guard key == "$id" || isURL else { return nil }
            guard text.lowercased().hasPrefix("file:") || (!base.isEmpty && !fragment.isEmpty) else { return nil }
            return (
                "makes helm look for this schema's own definitions elsewhere",
                "remove it, or write a web address without a fragment"
            )
        default: return nil
        }
    }

    private static func split(_ text: String) -> (base: String, fragment: String) {
        guard let mark = text.firstIndex(of: "#") else { return (text, "") }
        return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }
}
