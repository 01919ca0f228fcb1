internal import Documents
internal import Support

/// Compares two objects and lists each scalar that differs.
struct FieldComparison {
    /// The maximum number of steps of one comparison of manifests: one for each value, and those for the paths in the result. Two renders of
    /// the largest package take a tenth of it. Objects beyond it are reported as changed, without their fields.
    static let maximumSteps = 4_000_000
    /// The number of bytes of a path that count as a step.
    private static let bytesPerStep = 32
    /// The text in place of values that were not compared.
    static let notCompared = "(not compared: too large)"

    private let isSecret: Bool
    private var fields: [ManifestDiff.Field] = []
    private var budget: StepBudget

    private init(isSecret: Bool, budget: StepBudget) {
        self.isSecret = isSecret
        self.budget = budget
    }

    /// - Parameters:
    ///   - isSecret: true for Secrets, whose data is hidden.
    ///   - hidden: true when every value is hidden.
    ///   - budget: what this and other comparisons may take together. When it is used up, a last field says so.
    static func compare(
        _ old: YAMLNode, _ new: YAMLNode, isSecret: Bool, hidden: Bool = false, budget: inout StepBudget
    ) -> [ManifestDiff.Field] {
        var comparison = FieldComparison(isSecret: isSecret, budget: budget)
        comparison.compare(old, new, FieldPath(), hidden: hidden)
        budget = comparison.budget
        if budget.isSpent {
            comparison.fields.append(
                ManifestDiff.Field(path: "…", old: notCompared, new: notCompared, isSecret: false))
        }
        return comparison.fields
    }

    private mutating func compare(_ old: YAMLNode?, _ new: YAMLNode?, _ path: FieldPath, hidden: Bool) {
        guard budget.spend() else { return }
        if let old, let new {
            switch (old.value, new.value) {
            case (.mapping(let before), .mapping(let after)): return compare(before, after, path, hidden: hidden)
            case (.sequence(let before), .sequence(let after)): return compare(before, after, path, hidden: hidden)
            case (.scalar(let before, let beforePlain), .scalar(let after, let afterPlain)):
                if Self.isEqual(before, beforePlain, after, afterPlain) { return }
                let quoting = before == after
                return add(
                    path, Self.text(before, quoted: quoting && !beforePlain),
                    Self.text(after, quoted: quoting && !afterPlain), hidden)
            default: break
            }
        }
        if let old { addLeaves(of: old, path, isOld: true, hidden) }
        if let new { addLeaves(of: new, path, isOld: false, hidden) }
    }

    private mutating func compare(_ old: [YAMLEntry], _ new: [YAMLEntry], _ path: FieldPath, hidden: Bool) {
        let after = Dictionary(new.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let before = Set(old.map(\.key))
        for entry in old where !budget.isSpent {
            let inner = self.path(path.key(entry.key))
            compare(entry.value, after[entry.key], inner, hidden: hidden || hides(inner))
        }
        for entry in new where !before.contains(entry.key) && !budget.isSpent {
            let inner = self.path(path.key(entry.key))
            compare(nil, entry.value, inner, hidden: hidden || hides(inner))
        }
    }

    private mutating func compare(_ old: [YAMLNode], _ new: [YAMLNode], _ path: FieldPath, hidden: Bool) {
        if let before = Self.names(old), let after = Self.names(new) {
            let places = Dictionary(after.enumerated().map { ($1, $0) }) { first, _ in first }
            for (name, node) in zip(before, old) where !budget.isSpent {
                compare(node, places[name].map { new[$0] }, self.path(path.element(name)), hidden: hidden)
            }
            let known = Set(before)
            for (name, node) in zip(after, new) where !known.contains(name) && !budget.isSpent {
                compare(nil, node, self.path(path.element(name)), hidden: hidden)
            }
            let kept = before.filter { places[$0] != nil }
            let order = after.filter(known.contains)
            if kept != order {
                add(path, kept.joined(separator: ", "), order.joined(separator: ", "), hidden)
            }
            return
        }
        // Equal elements at the start and the end are left out; the rest is compared in order.
        let least = min(old.count, new.count)
        var (head, tail) = (0, 0)
        while head < least, isEqual(old[head], new[head]) { head += 1 }
        while tail < least - head, isEqual(old[old.count - 1 - tail], new[new.count - 1 - tail]) { tail += 1 }
        let before = old[head..<(old.count - tail)]
        let after = new[head..<(new.count - tail)]
        for index in head..<(head + max(before.count, after.count)) where !budget.isSpent {
            compare(
                before.indices.contains(index) ? before[index] : nil,
                after.indices.contains(index) ? after[index] : nil,
                self.path(path.element(String(index))), hidden: hidden)
        }
    }

    private func hides(_ path: FieldPath) -> Bool {
        guard isSecret else { return false }
        let text = path.description
        return text == "data" || text == "stringData" || text.hasPrefix("data.") || text.hasPrefix("data[")
            || text.hasPrefix("stringData.") || text.hasPrefix("stringData[")
            || text.contains("last-applied-configuration")
    }

    /// Counts what a path takes: in a deep object with long keys, the paths are far longer than the object.
    private mutating func path(_ path: FieldPath) -> FieldPath {
        budget.spend(path.size / Self.bytesPerStep)
        return path
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
        var known: Set<String> = []
        for node in nodes {
            guard node.mapping != nil, let name = node["name"]?.string, known.insert(name).inserted else { return nil }
            names.append(name)
        }
        return names
    }

    /// True when a comparison of the two would find nothing. It ends with the first difference.
    private mutating func isEqual(_ left: YAMLNode, _ right: YAMLNode) -> Bool {
        guard budget.spend() else { return false }
        switch (left.value, right.value) {
        case (.scalar(let before, let beforePlain), .scalar(let after, let afterPlain)):
            return Self.isEqual(before, beforePlain, after, afterPlain)
        case (.sequence(let before), .sequence(let after)):
            guard before.count == after.count else { return false }
            for (one, other) in zip(before, after) where !isEqual(one, other) { return false }
            return true
        case (.mapping(let before), .mapping(let after)):
            guard before.count == after.count else { return false }
            let others = Dictionary(after.map { ($0.key, $0.value) }) { first, _ in first }
            for entry in before {
                guard let other = others[entry.key], isEqual(entry.value, other) else { return false }
            }
            return true
        default: return false
        }
    }

    // `true` and `"true"` are different values; `a` and `"a"` are equal.
    private static func isEqual(_ left: String, _ leftPlain: Bool, _ right: String, _ rightPlain: Bool) -> Bool {
        left == right && (leftPlain == rightPlain || !hasMeaning(left))
    }

    /// Adds the paths and texts of all scalars in a value that was added or removed. An empty list or mapping is a scalar
    /// here.
    private mutating func addLeaves(of node: YAMLNode, _ path: FieldPath, isOld: Bool, _ hidden: Bool) {
        guard budget.spend() else { return }
        func add(_ text: String) {
            self.add(path, isOld ? text : nil, isOld ? nil : text, hidden || hides(path))
        }
        switch node.value {
        case .scalar(let text, let plain): add(Self.text(text, quoted: !plain && Self.hasMeaning(text)))
        case .sequence(let elements):
            if elements.isEmpty { add("[]") }
            for (index, element) in elements.enumerated() where !budget.isSpent {
                addLeaves(of: element, self.path(path.element(index, element)), isOld: isOld, hidden)
            }
        case .mapping(let entries):
            if entries.isEmpty { add("{}") }
            for entry in entries where !budget.isSpent {
                addLeaves(of: entry.value, self.path(path.key(entry.key)), isOld: isOld, hidden)
            }
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
