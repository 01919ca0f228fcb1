internal import Documents
internal import Support

/// Reports the namespaces that objects name and that a render with Kustomize replaces by the deployment's.
///
/// It compares the render with one under which objects keep their namespaces.
struct NamespaceOverrides {
    /// The maximum number of objects that a finding names.
    private static let namedObjects = 10

    private let deployment: Deployment
    private let locator: ObjectLocator
    /// The titles of the objects and fields that name a namespace, by namespace.
    private var overridden: [String: [String]] = [:]
    /// The first object in each namespace, for the file to name.
    private var first: [String: RenderedObject] = [:]

    /// The findings, one for each namespace. They are warnings: the render is what the configuration says.
    ///
    /// - Parameter kept: the same objects with the namespaces that they name.
    static func find(
        _ rendered: [ManifestStream.Item], _ kept: [ManifestStream.Item], _ deployment: Deployment,
        _ locator: ObjectLocator
    ) -> [Finding] {
        var overrides = NamespaceOverrides(deployment: deployment, locator: locator)
        overrides.compare(rendered, kept)
        return overrides.findings
    }

    private init(deployment: Deployment, locator: ObjectLocator) {
        self.deployment = deployment
        self.locator = locator
    }

    private struct Key: Hashable {
        let group: String
        let kind: String
        let name: String

        init(_ object: RenderedObject) { (group, kind, name) = (object.group, object.kind, object.name) }
    }

    private mutating func compare(_ rendered: [ManifestStream.Item], _ kept: [ManifestStream.Item]) {
        // kustomize refuses a render in which two objects of one kind and name would be in one namespace.
        let now = Dictionary(rendered.map { (Key($0.object), $0) }) { first, _ in first }
        var budget = StepBudget(limit: FieldComparison.maximumSteps)
        var fields: [(namespace: String, title: String, object: RenderedObject)] = []
        for item in kept {
            let object = item.object
            guard let other = now[Key(object)] else {
                // kustomize gives a Namespace object the name of the namespace.
                if object.group.isEmpty, object.kind == "Namespace" {
                    add(object.name, quotedTitle(object.title), object)
                }
                continue
            }
            if let named = object.namespace, named != other.object.namespace {
                add(named, quotedTitle(object.title), object)
            }
            for field in FieldComparison.compare(
                item.node, other.node, isSecret: true, budget: &budget)
            where field.path != "metadata.namespace" && field.path.hasSuffix("amespace") {
                guard let named = field.old, named != field.new else { continue }
                fields.append((named, "\(quotedTitle(object.title)) (\(field.path))", object))
            }
        }
        // A reference to an object that is overridden itself follows it.
        let moved = Set(overridden.keys)
        for field in fields where !moved.contains(field.namespace) { add(field.namespace, field.title, field.object) }
    }

    private mutating func add(_ namespace: String, _ title: String, _ object: RenderedObject) {
        overridden[namespace, default: []].append(title)
        if first[namespace] == nil { first[namespace] = object }
    }

    private var findings: [Finding] {
        let namespaces = overridden.keys.sorted()
        let line = "`allowNamespaces: [\(namespaces.map(quotedTitle).joined(separator: ", "))]`"
        return namespaces.map { namespace in
            let titles = overridden[namespace, default: []]
            let more = titles.count - Self.namedObjects
            let list = titles.prefix(Self.namedObjects).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
            let place = first[namespace].flatMap { locator.find($0, namespace: namespace) }
            return Finding(
                .warning, rule: "render.namespace-override", file: place?.file, line: place?.line,
                message:
                    "\(list): the namespace \(quotedTitle(namespace)) that \(titles.count == 1 ? "it names" : "they name") "
                    + "is replaced by \(deployment.namespace), the namespace of deployment \(deployment.name)",
                remedy:
                    "remove the namespace, or write \(line) for stage \(deployment.name) in capsule.yaml, so that objects "
                    + "keep the namespace that they name")
        }
    }
}
