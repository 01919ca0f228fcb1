package import Documents
internal import KargoExpressions
internal import Support

/// Compares the objects of a cluster with those that are generated.
///
/// The input is what `kubectl get … -o yaml` prints: objects or Lists, in one or several documents. The API server and
/// controllers add fields, so that a field that is not generated is a difference only where they add none.
package struct ClusterComparison: Sendable {
    /// The kind of difference.
    package enum Change: String, Sendable, Codable {
        /// The cluster does not have the object.
        case missing
        /// The object has other values.
        case changed
        /// The project's namespace has an object that is not generated.
        case foreign
    }

    /// A field with another value.
    package struct Field: Hashable, Sendable, Codable {
        /// The path, such as `spec.promotionTemplate.spec.steps[2].config.path`.
        package var path: String
        /// The generated value, as JSON; nil when the field is not generated.
        package var generated: String?
        /// The value on the cluster, as JSON; nil when it has none.
        package var cluster: String?
    }

    /// An object that differs.
    package struct Difference: Hashable, Sendable, Codable {
        /// Kind, namespace and name: `Stage shop/staging`.
        package var object: String
        /// The kind of difference.
        package var change: Change
        /// The fields that differ, when the object is changed.
        package var fields: [Field]?
    }

    /// The kinds whose specification has no fields but those that people write, except for what is empty and for `added`. There,
    /// a further field is a change: `continueOnError` has a promotion go on after a failed verification.
    private static let authored: Set = ["Stage", "PromotionTask", "Warehouse", "ApplicationSet"]
    /// The shard of a label, and the default of a subscription.
    private static let added: Set = ["shard", "strictSemvers"]

    /// The maximum number of fields that are listed for an object.
    private static let maximumFields = 20

    /// What identifies an object, whatever the version of its API is.
    private struct Name: Hashable {
        let group: String
        let kind: String?
        let namespace: String?
        let name: String?

        init(_ object: JSONValue) {
            let version = object["apiVersion"]?.string ?? ""
            group = version.contains("/") ? String(version.prefix { $0 != "/" }) : ""
            kind = object["kind"]?.string
            namespace = object["metadata"]?["namespace"]?.string
            name = object["metadata"]?["name"]?.string
        }
    }

    private struct Kind: Hashable {
        let group: String
        let kind: String?

        init(_ name: Name) { (group, kind) = (name.group, name.kind) }
    }

    private let generated: [(name: Name, object: JSONValue)]
    private let namespace: String
    private let found: [(name: Name, object: JSONValue)]
    private let dumped: Set<Kind>

    /// Reads a dump.
    ///
    /// - Throws: `DocumentError` when it is not YAML, or has no objects.
    package init(_ project: KargoProject, dump: [UInt8], file: String) throws(DocumentError) {
        generated = project.objects().flatMap(\.objects).map { (Name($0), $0) }
        namespace = project.name
        found = try YAMLParser.documents(dump, file: file).map { JSONValue(manifest: $0) }
            .flatMap { $0["items"]?.array ?? [$0] }.filter { $0["kind"] != nil }.map { (Name($0), $0) }
        dumped = Set(found.map { Kind($0.name) })
        guard !found.isEmpty else {
            throw DocumentError(
                .invalidDocument, "\(file) has no objects; write it with kubectl get stages,… -o yaml")
        }
    }

    /// The generated kinds of which the dump has no object. Their objects are not compared: the dump may be of other kinds.
    package var absentKinds: [String] {
        Set(generated.filter { !dumped.contains(Kind($0.name)) }.compactMap(\.name.kind)).sorted()
    }

    /// The differences: those of generated objects first, in the order in which they are generated.
    package func differences() -> [Difference] {
        let there = Dictionary(found.map { ($0.name, $0.object) }) { first, _ in first }
        var differences: [Difference] = []
        for (name, object) in generated where dumped.contains(Kind(name)) {
            guard let other = there[name] else {
                differences.append(Difference(object: Self.title(name), change: .missing))
                continue
            }
            var fields: [Field] = []
            Self.compare(object, other, "", in: name.kind, &fields)
            if !fields.isEmpty {
                differences.append(
                    Difference(
                        object: Self.title(name), change: .changed, fields: Array(fields.prefix(Self.maximumFields))))
            }
        }
        let wanted = Set(generated.map(\.name))
        for (name, _) in found where !wanted.contains(name) && name.namespace == namespace {
            // Not what the controllers make of the generated objects.
            guard ["kargo.akuity.io", "argoproj.io"].contains(name.group),
                !["Freight", "Promotion", "AnalysisRun"].contains(name.kind)
            else { continue }
            differences.append(Difference(object: Self.title(name), change: .foreign))
        }
        return differences
    }

    private static func title(_ name: Name) -> String {
        "\(name.kind ?? "object") \(name.namespace.map { "\($0)/" } ?? "")\(name.name ?? "")"
    }

    private static func compare(
        _ generated: JSONValue, _ cluster: JSONValue?, _ path: String, in kind: String?, _ fields: inout [Field]
    ) {
        func place(_ key: String) -> String {
            guard !path.isEmpty else { return key }
            return path + (key.contains { ".[]".contains($0) } ? "[\"\(key)\"]" : ".\(key)")
        }
        switch (generated, cluster) {
        case (.object(let members), .object(let others)?):
            for member in members { compare(member.value, cluster?[member.key], place(member.key), in: kind, &fields) }
            guard path.hasPrefix("spec"), authored.contains(kind ?? "") else { return }
            for other in others where generated[other.key] == nil && !added.contains(other.key) && !isEmpty(other.value)
            {
                fields.append(Field(path: place(other.key), generated: nil, cluster: other.value.compactText))
            }
        case (.array(let left), .array(let right)?) where left.count == right.count:
            for (index, pair) in zip(left, right).enumerated() {
                compare(pair.0, pair.1, "\(path)[\(index)]", in: kind, &fields)
            }
        case (.array(let left), .array(let right)?):
            // Elements that were added or removed, between those that both lists have.
            func areSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
                var fields: [Field] = []
                compare(left, right, path, in: kind, &fields)
                return fields.isEmpty
            }
            let head = zip(left, right).prefix(while: areSame).count
            let tail = zip(left.dropFirst(head).reversed(), right.dropFirst(head).reversed()).prefix(while: areSame)
                .count
            fields += (head..<left.count - tail).map {
                Field(path: "\(path)[\($0)]", generated: left[$0].compactText, cluster: nil)
            }
            fields += (head..<right.count - tail).map {
                Field(path: "\(path)[\($0)]", generated: nil, cluster: right[$0].compactText)
            }
        // The API server leaves out what is empty.
        case (.object([]), nil), (.array([]), nil), (.null, nil): break
        default:
            guard generated != cluster, !isSameDuration(generated, cluster) else { return }
            fields.append(Field(path: path, generated: generated.compactText, cluster: cluster?.compactText))
        }
    }

    /// True for what a program writes for a field that nobody set.
    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool(false), .string(""): true
        case .array(let elements): elements.allSatisfy(isEmpty)
        case .object(let members): members.allSatisfy { isEmpty($0.value) }
        default: value.int == 0
        }
    }

    /// The API server writes durations in one form: `30m` becomes `30m0s`.
    private static func isSameDuration(_ left: JSONValue, _ right: JSONValue?) -> Bool {
        guard let left = left.string.flatMap(seconds), let right = right?.string.flatMap(seconds) else { return false }
        return left == right
    }

    private static func seconds(_ text: String) -> Int64? {
        text.contains("d") ? nil : DurationText(text)?.seconds
    }
}
