internal import Documents
internal import OCI

extension PackageTree {
    /// The files of a chart with each packed subchart in a directory of its name. Helm renders both forms alike.
    package func withUnpackedCharts() -> [PackageFile] {
        guard files.contains(where: { $0.path.description.hasSuffix(".tgz") }) else { return files }
        let opened = PackedCharts.open(files).files
        var names: [String: String] = [:]
        var taken: Set<String> = []
        for file in opened {
            var parent = file.path.parent
            while let directory = parent, taken.insert(directory.description).inserted { parent = directory.parent }
        }
        var tries: [String: Int] = [:]
        // The outer directory of an archive in an archive is renamed first.
        for file in opened.sorted(by: { $0.path < $1.path }) where file.path.lastSegment == "Chart.yaml" {
            guard let directory = file.path.parent?.description, directory.hasSuffix(".tgz") else { continue }
            let document = try? YAMLParser.document(file.content, file: "Chart.yaml", limits: .manifests)
            let name = document?["name"]?.string ?? "chart"
            let parent = directory.split(separator: "/").dropLast().joined(separator: "/")
            let wanted = "\(parent)/\(name)"
            var place = wanted + String(repeating: "-", count: tries[wanted] ?? 0)
            while !taken.insert(place).inserted {
                tries[wanted, default: 0] += 1
                place += "-"
            }
            names[directory] = place.split(separator: "/").last.map(String.init)
        }
        return opened.map { file in
            // Each directory above the file may have a new name.
            var (old, new) = ("", "")
            for segment in file.path.segments {
                old = FileTree.join(old, String(segment))
                new = FileTree.join(new, names[old] ?? String(segment))
            }
            return (try? RelativePath(new)).map { PackageFile(path: $0, content: file.content) } ?? file
        }
    }
}
