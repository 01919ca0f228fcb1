internal import Documents
internal import OCI
internal import Support

/// The values of a chart with those of its vendored subcharts, as Helm merges them: the values of a subchart are below its
/// name or alias, and those of the chart around it replace them.
struct HelmValuesTree {
    /// The merged values; nil when neither the chart nor a subchart has any.
    let root: YAMLNode?
    /// The name of the chart.
    let name: String?
    /// The text of all templates, including those of subcharts.
    private let templates: [UInt8]

    /// True when the values are more than ``maximumValues``: with an alias for each of many dependencies, few files make any
    /// number of them. There are none then.
    let isTooLarge: Bool

    /// The maximum number of values after merging; the largest known chart has some 20,000.
    static let maximumValues = 500_000

    /// The keys of digests before which a template writes `sha256:` itself.
    let hashKeys: Set<String>

    /// The maximum number of bytes of templates that are searched: more is data.
    private static let maximumTemplates = 8 << 20

    /// Reads the files of a chart. A file that cannot be read is left out, because the lint reports it.
    init(_ files: [PackageFile]) {
        let files = PackedCharts.open(files).files
        var reader = Reader(tree: FileTree(files), subcharts: Self.subcharts(files))
        let values = reader.values(of: "", depth: 0)
        isTooLarge = reader.steps.isSpent
        root = isTooLarge ? nil : values?.node
        name = reader.chart("")?["name"]?.string
        var templates: [UInt8] = []
        for file in files where file.path.segments.contains("templates") && templates.count < Self.maximumTemplates {
            templates += file.content + [UInt8(ascii: "\n")]
        }
        self.templates = templates
        hashKeys = Self.hashKeys(in: templates)
    }

    /// True when the text of the templates contains a word.
    func templatesContain(_ word: String) -> Bool { ByteSearch.first(Array(word.utf8), in: templates) != nil }

    private static func hashKeys(in templates: [UInt8]) -> Set<String> {
        func contains(_ line: ArraySlice<UInt8>, _ word: String) -> Bool {
            ByteSearch.first(Array(word.utf8), in: Array(line)) != nil
        }
        guard ByteSearch.first(Array("sha256:".utf8), in: templates) != nil else { return [] }
        let lines = templates.split(separator: UInt8(ascii: "\n"))
            .filter { contains($0, "sha256:") && contains($0, "{{") }
        return Set(HelmImageCandidate.digestKeys.filter { key in lines.contains { contains($0, ".\(key)") } })
    }

    /// The directories of the charts in `charts/`, by the directory of the chart that they are in.
    private static func subcharts(_ files: [PackageFile]) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for file in files where file.path.lastSegment == "Chart.yaml" {
            let segments = file.path.segments.dropLast()
            guard segments.count >= 2, segments[segments.count - 2] == "charts" else { continue }
            found[segments.dropLast(2).joined(separator: "/"), default: []].append(segments.joined(separator: "/"))
        }
        return found.mapValues { $0.sorted() }
    }

    /// The value at a path.
    func value(_ path: String) -> YAMLNode? {
        path.split(separator: ".").reduce(root) { $0?[String($1)] }
    }

    private struct Reader {
        let tree: FileTree
        let subcharts: [String: [String]]
        var budget = YAMLBudget.package
        /// Counts the values of the merged tree, and the keys that are compared while it is merged.
        var steps = StepBudget(limit: HelmValuesTree.maximumValues)

        mutating func document(_ path: String) -> YAMLNode? {
            guard let file = tree.file(path) else { return nil }
            return try? budget.documents(file.content, file: path, limits: .manifests).first
        }

        mutating func chart(_ directory: String) -> YAMLNode? { document(FileTree.join(directory, "Chart.yaml")) }

        /// The values of a chart and how many they are.
        mutating func values(of directory: String, depth: Int) -> (node: YAMLNode, count: Int)? {
            var merged: YAMLNode?
            var count = 0
            if depth < PackedCharts.maximumDepth {
                let dependencies = chart(directory)?["dependencies"]?.sequence ?? []
                for subchart in subcharts[directory] ?? [] where !steps.isSpent {
                    guard let values = values(of: subchart, depth: depth + 1),
                        let name = chart(subchart)?["name"]?.string
                    else { continue }
                    let aliases = dependencies.filter { $0["name"]?.string == name }.map { $0["alias"]?.string ?? name }
                    // Each alias is one more copy of the values for whoever walks over them.
                    for alias in aliases.isEmpty ? [name] : aliases where steps.spend(values.count) {
                        merged = merge(merged, Self.placed(values.node, below: alias))
                        count = count.addingClamped(values.count)
                    }
                }
            }
            let before = budget.nodes
            let own = document(FileTree.join(directory, "values.yaml"))
            guard let node = merge(merged, own) else { return nil }
            return (node, count.addingClamped(before - budget.nodes))
        }

        /// The values of a subchart as the chart around it sees them: `global` is the same for all charts.
        private static func placed(_ values: YAMLNode, below name: String) -> YAMLNode {
            let entries = values.mapping ?? []
            let own = YAMLNode(.mapping(entries.filter { $0.key != "global" }), line: values.line)
            let shared = entries.filter { $0.key == "global" }
            return YAMLNode(.mapping([YAMLEntry(key: name, line: values.line, value: own)] + shared), line: values.line)
        }

        private mutating func merge(_ below: YAMLNode?, _ above: YAMLNode?) -> YAMLNode? {
            guard let below, let above else { return above ?? below }
            guard let inner = below.mapping, let outer = above.mapping else { return above }
            guard steps.spend(inner.count + outer.count) else { return above }
            let values = Dictionary(inner.map { ($0.key, $0.value) }) { first, _ in first }
            let keys = Set(outer.map(\.key))
            var entries: [YAMLEntry] = []
            for entry in outer {
                entries.append(
                    YAMLEntry(
                        key: entry.key, line: entry.line, value: merge(values[entry.key], entry.value) ?? entry.value))
            }
            entries += inner.filter { !keys.contains($0.key) }
            return YAMLNode(.mapping(entries), line: above.line)
        }
    }
}
