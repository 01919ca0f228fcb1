package import Documents
internal import KargoExpressions
internal import Support

/// Compares the objects of a cluster with those that are generated.
///
/// The input is what `kubectl get … -o yaml` prints: objects or Lists, in one or several documents. A field counts only when
/// it is generated: the API server adds others, and so do controllers.
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
        /// The generated value, as JSON.
        package var generated: String
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

    /// The most fields that are listed for an object.
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
            Self.compare(object, other, "", &fields)
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

    private static func compare(_ generated: JSONValue, _ cluster: JSONValue?, _ path: String, _ fields: inout [Field])
    {
        switch (generated, cluster) {
        case (.object(let members), .object?):
            for member in members {
                let key = member.key.contains(where: { ".[]".contains($0) }) ? "[\"\(member.key)\"]" : ".\(member.key)"
                compare(member.value, cluster?[member.key], path.isEmpty ? member.key : path + key, &fields)
            }
        case (.array(let left), .array(let right)?) where left.count == right.count:
            for (index, pair) in zip(left, right).enumerated() {
                compare(pair.0, pair.1, "\(path)[\(index)]", &fields)
            }
        // The API server leaves out what is empty.
        case (.object([]), nil), (.array([]), nil), (.null, nil): break
        default:
            guard generated != cluster, !isSameDuration(generated, cluster) else { return }
            fields.append(Field(path: path, generated: generated.compactText, cluster: cluster?.compactText))
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
