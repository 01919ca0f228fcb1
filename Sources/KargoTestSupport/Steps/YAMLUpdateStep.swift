internal import CapsuleTestSupport
internal import Documents
internal import KargoExpressions
internal import Support

/// `yaml-update`: replaces existing scalars together with the rest of their line, including a comment. All other bytes
/// are unchanged.
struct YAMLUpdateStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only("path", "updates")
        let relative = try config.required("path")
        let updates = try config.list("updates")
        guard !updates.isEmpty else { throw StepFailure.configuration("updates is empty") }
        let path = context.path(relative)
        guard let bytes = try? readFile(path) else {
            throw StepFailure(.errored, "the file \(relative) does not exist")
        }
        guard let root = try? YAMLParser.documents(bytes, file: relative).first else {
            throw StepFailure(.errored, "\(relative) is not valid YAML")
        }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        var changed = lines.map(String.init)
        var message = "Updated \(relative)\n"
        for update in updates {
            try update.only("key", "value")
            let key = try update.required("key")
            guard let value = update.value["value"] else {
                throw StepFailure.configuration("\(update.path).value is missing")
            }
            let place = try Self.scalar(root, key.split(separator: ".").map(String.init), key)
            let line = String(lines[place.line - 1])
            let kept = Self.kept(of: line, key: place.key)
            let text = try Self.text(value, key)
            changed[place.line - 1] = kept + (kept.hasSuffix(" ") ? "" : " ") + text
            message += "\n- \(key): \(text)"
        }
        try writeFile(path, changed.joined(separator: "\n") + "\n")
        return .succeeded(.members(["commitMessage": .string(message)]))
    }

    /// The line of a scalar, and the last key of its path; nil when that is an index.
    private static func scalar(_ node: YAMLNode, _ path: [String], _ whole: String) throws -> (line: Int, key: String?)
    {
        var node = node
        var line = node.line
        var key: String?
        for part in path {
            if let entry = node.mapping?.first(where: { $0.key == part }) {
                (node, line, key) = (entry.value, entry.line, part)
            } else if let elements = node.sequence, let index = Int(part), elements.indices.contains(index) {
                (node, line, key) = (elements[index], elements[index].line, nil)
            } else {
                throw StepFailure(.errored, "error finding key \(whole): key path not found")
            }
        }
        guard case .scalar(let text, let plain) = node.value else {
            throw StepFailure(.errored, "error finding key \(whole): key path does not address a scalar node")
        }
        return (text.isEmpty && plain ? line : node.line, key)
    }

    /// The part of the line before the scalar.
    private static func kept(of line: String, key: String?) -> String {
        guard let key else {
            // An element of a list.
            guard let dash = line.firstRange(of: "-") else { return String(line.prefix { $0 == " " }) }
            return String(line[..<line[dash.upperBound...].prefix { $0 == " " }.endIndex])
        }
        for found in line.ranges(of: key).reversed() {
            var rest = line[found.upperBound...]
            if let quote = rest.first, quote == "\"" || quote == "'" { rest = rest.dropFirst() }
            rest = rest.drop { $0 == " " }
            guard rest.first == ":" else { continue }
            rest = rest.dropFirst().drop { $0 == " " }
            return String(line[..<rest.startIndex])
        }
        return String(line.prefix { $0 == " " })
    }

    /// The value as Go prints it. A string that looks like another type is quoted.
    private static func text(_ value: JSONValue, _ key: String) throws -> String {
        switch value {
        case .string(let text):
            let looksTyped =
                GoText.double(text) != nil || GoText.bool(text) != nil
                || (try? JSONParser.parse(Array(text.utf8), file: "")) != nil
            return looksTyped ? GoText.quoted(text) : text
        case .number(let text): return Double(text).map { GoText.general($0) } ?? text
        case .bool(let isTrue): return isTrue ? "true" : "false"
        case .null: return "<nil>"
        case .array, .object:
            throw InterpreterError(
                description:
                    "yaml-update of \(key) with a list or a map: Kargo writes Go's notation, which is not YAML")
        }
    }
}
