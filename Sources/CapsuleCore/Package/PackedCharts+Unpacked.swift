internal import Documents
internal import OCI

extension PackageTree {
    /// The files of a chart with each packed subchart in a directory of its name. Helm renders both forms alike.
    package func withUnpackedCharts() -> [PackageFile] {
        guard files.contains(where: { $0.path.description.hasSuffix(".tgz") }) else { return files }
        let opened = PackedCharts.open(files).files
        var names: [String: String] = [:]
        // The outer directory of an archive in an archive is renamed first.
        for file in opened.sorted(by: { $0.path < $1.path }) where file.path.lastSegment == "Chart.yaml" {
            guard let directory = file.path.parent?.description, directory.hasSuffix(".tgz") else { continue }
            let document = try? YAMLParser.document(file.content, file: "Chart.yaml", limits: .manifests)
            let name = document?["name"]?.string ?? "chart"
            let parent = directory.split(separator: "/").dropLast().joined(separator: "/")
            var place = "\(parent)/\(name)"
            while names.values.contains(place) || opened.contains(where: { $0.path.description.hasPrefix("\(place)/") })
            {
                place += "-"
            }
            names[directory] = place
        }
        let renames = names.sorted { $0.key.utf8.count > $1.key.utf8.count }
        return opened.map { file in
            var path = file.path.description
            for (old, new) in renames where path.hasPrefix("\(old)/") { path = new + path.dropFirst(old.utf8.count) }
            return (try? RelativePath(path)).map { PackageFile(path: $0, content: file.content) } ?? file
        }
    }
}
