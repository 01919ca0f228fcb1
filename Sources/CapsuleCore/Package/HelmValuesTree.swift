internal import Documents
internal import OCI

/// The values of a chart with those of its vendored subcharts, as Helm merges them: the values of a subchart are below its
/// name or alias, and those of the chart around it replace them.
struct HelmValuesTree {
    /// The merged values; nil when neither the chart nor a subchart has any.
    let root: YAMLNode?
    /// The name of the chart.
    let name: String?
    /// The text of all templates, including those of subcharts.
    let templates: String

    /// The maximum number of bytes of templates that are searched: more is data.
    private static let maximumTemplates = 8 << 20

    /// Reads the files of a chart. A file that cannot be read is left out, because the lint reports it.
    init(_ files: [PackageFile]) {
        let files = PackedCharts.open(files).files
        var reader = Reader(tree: FileTree(files), paths: files.map(\.path.description))
        root = reader.values(of: "", depth: 0)
        name = reader.chart("")?["name"]?.string
        var text = ""
        for file in files where file.path.segments.contains("templates") && text.utf8.count < Self.maximumTemplates {
            text += String(decoding: file.content, as: UTF8.self) + "\n"
        }
        templates = text
    }

    /// The value at a path.
    func value(_ path: String) -> YAMLNode? {
        path.split(separator: ".").reduce(root) { $0?[String($1)] }
    }

    private struct Reader {
        let tree: FileTree
        let paths: [String]
        var budget = YAMLBudget.package

        mutating func document(_ path: String) -> YAMLNode? {
            guard let file = tree.file(path) else { return nil }
            return try? budget.documents(file.content, file: path, limits: .manifests).first
        }

        mutating func chart(_ directory: String) -> YAMLNode? { document(FileTree.join(directory, "Chart.yaml")) }

        mutating func values(of directory: String, depth: Int) -> YAMLNode? {
            var merged: YAMLNode?
            if depth < PackedCharts.maximumDepth {
                let dependencies = chart(directory)?["dependencies"]?.sequence ?? []
                for subchart in subcharts(of: directory) {
                    guard let values = values(of: subchart, depth: depth + 1),
                        let name = chart(subchart)?["name"]?.string
                    else { continue }
                    let aliases = dependencies.filter { $0["name"]?.string == name }.map { $0["alias"]?.string ?? name }
                    for alias in aliases.isEmpty ? [name] : aliases {
                        merged = Self.merge(merged, Self.placed(values, below: alias))
                    }
                }
            }
            return Self.merge(merged, document(FileTree.join(directory, "values.yaml")))
        }

        private func subcharts(of directory: String) -> [String] {
            let prefix = FileTree.join(directory, "charts") + "/"
            let names = paths.compactMap { path -> String? in
                guard path.hasPrefix(prefix) else { return nil }
                let rest = path.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
                return rest.count == 2 && rest[1] == "Chart.yaml" ? prefix + rest[0] : nil
            }
            return names.sorted()
        }

        /// The values of a subchart as the chart around it sees them: `global` is the same for all charts.
        private static func placed(_ values: YAMLNode, below name: String) -> YAMLNode {
            let entries = values.mapping ?? []
            let own = YAMLNode(.mapping(entries.filter { $0.key != "global" }), line: values.line)
            let shared = entries.filter { $0.key == "global" }
            return YAMLNode(.mapping([YAMLEntry(key: name, line: values.line, value: own)] + shared), line: values.line)
        }

        private static func merge(_ below: YAMLNode?, _ above: YAMLNode?) -> YAMLNode? {
            guard let below, let above else { return above ?? below }
            guard let inner = below.mapping, let outer = above.mapping else { return above }
            var entries = outer.map { entry in
                YAMLEntry(key: entry.key, line: entry.line, value: merge(below[entry.key], entry.value) ?? entry.value)
            }
            entries += inner.filter { above[$0.key] == nil }
            return YAMLNode(.mapping(entries), line: above.line)
        }
    }
}
