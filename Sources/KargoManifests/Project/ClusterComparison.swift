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

    private let generated: [JSONValue]
    private let namespace: String
    private let found: [JSONValue]

    /// Reads a dump.
    ///
    /// - Throws: `DocumentError` when it is not YAML, or has no objects.
    package init(_ project: KargoProject, dump: [UInt8], file: String) throws(DocumentError) {
        generated = project.objects().flatMap(\.objects)
        namespace = project.name
        found = try YAMLParser.documents(dump, file: file).map { JSONValue(manifest: $0) }
            .flatMap { $0["items"]?.array ?? [$0] }.filter { $0["kind"] != nil }
        guard !found.isEmpty else {
            throw DocumentError(
                .invalidDocument, "\(file) has no objects; write it with kubectl get stages,… -o yaml")
        }
    }

    /// The generated kinds of which the dump has no object. Their objects are not compared: the dump may be of other kinds.
    package var absentKinds: [String] {
        Set(generated.filter { !isDumped($0) }.compactMap { $0["kind"]?.string }).sorted()
    }

    private func isDumped(_ object: JSONValue) -> Bool {
        found.contains { $0["kind"] == object["kind"] && Self.group($0) == Self.group(object) }
    }

    /// The differences: those of generated objects first, in the order in which they are generated.
    package func differences() -> [Difference] {
        var differences: [Difference] = []
        for object in generated where isDumped(object) {
            guard let there = found.first(where: { Self.isSame($0, object) }) else {
                differences.append(Difference(object: Self.title(object), change: .missing))
                continue
            }
            var fields: [Field] = []
            Self.compare(object, there, "", &fields)
            if !fields.isEmpty {
                differences.append(
                    Difference(
                        object: Self.title(object), change: .changed, fields: Array(fields.prefix(Self.maximumFields))))
            }
        }
        let ours: Set = ["kargo.akuity.io", "argoproj.io"]
        for object in found where !generated.contains(where: { Self.isSame(object, $0) }) {
            guard object["metadata"]?["namespace"]?.string == namespace, ours.contains(Self.group(object)),
                // What the controllers make of the generated objects.
                !["Freight", "Promotion", "AnalysisRun"].contains(object["kind"]?.string)
            else { continue }
            differences.append(Difference(object: Self.title(object), change: .foreign))
        }
        return differences
    }

    private static func group(_ object: JSONValue) -> String {
        String(object["apiVersion"]?.string?.prefix { $0 != "/" } ?? "")
    }

    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        left["kind"] == right["kind"] && group(left) == group(right)
            && left["metadata"]?["name"] == right["metadata"]?["name"]
            && left["metadata"]?["namespace"] == right["metadata"]?["namespace"]
    }

    private static func title(_ object: JSONValue) -> String {
        let name = object["metadata"]?["name"]?.string ?? ""
        let place = object["metadata"]?["namespace"]?.string.map { "\($0)/" } ?? ""
        return "\(object["kind"]?.string ?? "object") \(place)\(name)"
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
