internal import Documents
internal import Support

/// Compares two objects and lists each scalar that differs.
struct FieldComparison {
    private let isSecret: Bool
    private var fields: [ManifestDiff.Field] = []

    private init(isSecret: Bool) { self.isSecret = isSecret }

    /// - Parameters:
    ///   - isSecret: true for Secrets, whose data is hidden.
    ///   - hidden: true when every value is hidden.
    static func compare(
        _ old: YAMLNode, _ new: YAMLNode, isSecret: Bool, hidden: Bool = false
    ) -> [ManifestDiff.Field] {
        var comparison = FieldComparison(isSecret: isSecret)
        comparison.compare(old, new, FieldPath(), hidden: hidden)
        return comparison.fields
    }

    private mutating func compare(_ old: YAMLNode?, _ new: YAMLNode?, _ path: FieldPath, hidden: Bool) {
        if let old, let new {
            switch (old.value, new.value) {
            case (.mapping(let before), .mapping(let after)): return compare(before, after, path, hidden: hidden)
            case (.sequence(let before), .sequence(let after)): return compare(before, after, path, hidden: hidden)
            case (.scalar(let before, let beforePlain), .scalar(let after, let afterPlain)):
                // `true` and `"true"` are different values; `a` and `"a"` are equal.
                if before == after, beforePlain == afterPlain || !Self.hasMeaning(before) { return }
                let quoting = before == after
                return add(
                    path, Self.text(before, quoted: quoting && !beforePlain),
                    Self.text(after, quoted: quoting && !afterPlain), hidden)
            default: break
            }
        }
        for (leaf, text) in Self.leaves(old, path) { add(leaf, text, nil, hidden || hides(leaf, under: path)) }
        for (leaf, text) in Self.leaves(new, path) { add(leaf, nil, text, hidden || hides(leaf, under: path)) }
    }

    private mutating func compare(_ old: [YAMLEntry], _ new: [YAMLEntry], _ path: FieldPath, hidden: Bool) {
        let after = Dictionary(new.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let before = Set(old.map(\.key))
        for entry in old {
            let inner = path.key(entry.key)
            compare(entry.value, after[entry.key], inner, hidden: hidden || hides(inner, under: path))
        }
        for entry in new where !before.contains(entry.key) {
            let inner = path.key(entry.key)
            compare(nil, entry.value, inner, hidden: hidden || hides(inner, under: path))
        }
    }

    private mutating func compare(_ old: [YAMLNode], _ new: [YAMLNode], _ path: FieldPath, hidden: Bool) {
        guard old != new else { return }
        if let before = Self.names(old), let after = Self.names(new) {
            for (name, node) in zip(before, old) {
                compare(node, after.firstIndex(of: name).map { new[$0] }, path.element(name), hidden: hidden)
            }
            for (name, node) in zip(after, new) where !before.contains(name) {
                compare(nil, node, path.element(name), hidden: hidden)
            }
            let kept = before.filter(after.contains)
            let order = after.filter(before.contains)
            if kept != order {
                add(path, kept.joined(separator: ", "), order.joined(separator: ", "), hidden)
            }
            return
        }
        // Equal elements at the start and the end are left out; the rest is compared in order.
        let head = zip(old, new).prefix { Self.isEqual($0, $1) }.count
        let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { Self.isEqual($0, $1) }
            .count
        let before = old[head..<(old.count - tail)]
        let after = new[head..<(new.count - tail)]
        for offset in 0..<max(before.count, after.count) {
            let index = head + offset
            compare(
                offset < before.count ? before[index] : nil, offset < after.count ? after[index] : nil,
                path.element(String(index)), hidden: hidden)
        }
    }

    private func hides(_ path: FieldPath, under parent: FieldPath) -> Bool {
        guard isSecret else { return false }
        let text = path.description
        return text == "data" || text == "stringData" || text.hasPrefix("data.") || text.hasPrefix("data[")
            || text.hasPrefix("stringData.") || text.hasPrefix("stringData[")
            || text.contains("last-applied-configuration")
    }

    private mutating func add(_ path: FieldPath, _ old: String?, _ new: String?, _ hidden: Bool) {
        fields.append(
            ManifestDiff.Field(
                path: path.description, old: hidden ? old.map { _ in ManifestDiff.hiddenValue } : old,
                new: hidden ? new.map { _ in ManifestDiff.hiddenValue } : new, isSecret: hidden))
    }

    /// The names of the elements when each has a different one, as containers, ports, variables and volumes have;
    /// otherwise nil.
    private static func names(_ nodes: [YAMLNode]) -> [String]? {
        var names: [String] = []
        for node in nodes {
            guard node.mapping != nil, let name = node["name"]?.string, !names.contains(name) else { return nil }
            names.append(name)
        }
        return names
    }

    private static func isEqual(_ left: YAMLNode, _ right: YAMLNode) -> Bool {
        compare(left, right, isSecret: false).isEmpty
    }

    /// The paths and texts of all scalars in a value. An empty list or mapping counts as one.
    private static func leaves(_ node: YAMLNode?, _ path: FieldPath) -> [(FieldPath, String)] {
        guard let node else { return [] }
        switch node.value {
        case .scalar(let text, let plain): return [(path, Self.text(text, quoted: !plain && hasMeaning(text)))]
        case .sequence(let elements):
            if elements.isEmpty { return [(path, "[]")] }
            return elements.enumerated().flatMap { leaves($1, path.element($0, $1)) }
        case .mapping(let entries):
            if entries.isEmpty { return [(path, "{}")] }
            return entries.flatMap { leaves($0.value, path.key($0.key)) }
        }
    }

    // True when the text would not be a string in YAML without quotes.
    private static func hasMeaning(_ text: String) -> Bool {
        let node = YAMLNode(.scalar(text, plain: true), line: 1)
        return node.isNull || node.bool != nil || node.int != nil || Double(text) != nil
            || ["yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    }

    private static func text(_ text: String, quoted: Bool) -> String { quoted ? "\"\(text)\"" : text }
}
