internal import OCI

/// Checks that a chart has all that `helm template` reads: its dependencies in `charts/`, and no schema from elsewhere.
/// `format.md` §6.
enum HelmClosure {
    static func check(_ tree: FileTree) -> [Finding] {
        guard tree.file("Chart.yaml") != nil else {
            return [
                Finding(
                    rule: "package.layout", file: "Chart.yaml", message: "a helm package has a Chart.yaml at its top",
                    remedy: "name the directory of the chart as the package's source")
            ]
        }
        var findings: [Finding] = []
        var budget = YAMLBudget.package
        for file in tree.files where file.path.lastSegment == "Chart.yaml" && isChartDirectory(file.path) {
            findings += chart(file, tree, &budget)
        }
        for file in tree.files where file.path.lastSegment == "values.schema.json" { findings += schema(file, &budget) }
        return Array(findings.inReadingOrder().prefix(KustomizeWalk.maximumFindings))
    }

    // The chart itself, and those that are vendored below it, at any depth.
    private static func isChartDirectory(_ path: RelativePath) -> Bool {
        let segments = path.segments.dropLast()
        return segments.count % 2 == 0 && segments.indices.allSatisfy { $0 % 2 == 1 || segments[$0] == "charts" }
    }

    private static func chart(_ file: PackageFile, _ tree: FileTree, _ budget: inout YAMLBudget) -> [Finding] {
        let path = file.path.description
        let directory = file.path.parent?.description ?? ""
        let node: YAMLNode
        do {
            node = try one(file, .kustomizations, &budget)
        } catch {
            return [Finding(unreadable: error, file: path)]
        }
        var findings: [Finding] = []
        for key in ["apiVersion", "name", "version"] where node[key]?.string == nil {
            findings.append(
                Finding(
                    rule: "package.layout", file: path, line: node.line, message: "\(key) is missing",
                    remedy: "add it, as helm asks"))
        }
        findings += dependencies(node, file: path, directory: directory, tree)
        // Charts of the first API version keep them in a file of their own.
        let requirements = FileTree.join(directory, "requirements.yaml")
        if node["apiVersion"]?.string == "v1", let file = tree.file(requirements) {
            do {
                for document in try budget.documents(file.content, file: requirements, limits: .kustomizations) {
                    findings += dependencies(document, file: requirements, directory: directory, tree)
                }
            } catch {
                findings.append(Finding(unreadable: error, file: requirements))
            }
        }
        return findings
    }

    private static func one(_ file: PackageFile, _ limits: YAMLLimits, _ budget: inout YAMLBudget) throws(CapsuleError)
        -> YAMLNode
    {
        let documents = try budget.documents(file.content, file: file.path.description, limits: limits)
        guard let document = documents.first, documents.count == 1 else {
            throw CapsuleError(
                .invalidDocument, "\(file.path): \(documents.count) YAML documents; exactly one is expected")
        }
        return document
    }

    private static func dependencies(_ node: YAMLNode, file: String, directory: String, _ tree: FileTree) -> [Finding] {
        guard let value = node["dependencies"], !value.isNull else { return [] }
        guard let elements = value.sequence else {
            return [
                Finding(
                    rule: "package.unreadable", file: file, line: value.line, message: "dependencies is not a list",
                    remedy: "write each dependency after a dash")
            ]
        }
        return elements.flatMap { element -> [Finding] in
            guard let name = element["name"]?.string, (try? RelativePath(name)) != nil, !name.contains("/") else {
                return [
                    Finding(
                        rule: "package.unreadable", file: file, line: element.line,
                        message: "a dependency has no usable name", remedy: "give it the name of its chart")
                ]
            }
            return local(element, name, file: file, directory: directory)
                + vendored(element, name, file: file, directory: directory, tree)
        }
    }

    private static func local(_ element: YAMLNode, _ name: String, file: String, directory: String) -> [Finding] {
        guard let repository = element["repository"], let text = repository.string,
            text.lowercased().hasPrefix("file:")
        else { return [] }
        let path = text.dropFirst(text.lowercased().hasPrefix("file://") ? 7 : 5)
        let inside = RelativePath.resolve(String(path), from: directory.isEmpty ? nil : try? RelativePath(directory))
        guard inside == nil else { return [] }
        return [
            Finding(
                rule: "package.outside-reference", file: file, line: repository.line,
                message: "dependency \(quoted(name)): \(quoted(text)) leaves the package",
                remedy: "move the chart into charts/ and leave repository out")
        ]
    }

    private static func vendored(
        _ element: YAMLNode, _ name: String, file: String, directory: String, _ tree: FileTree
    ) -> [Finding] {
        let charts = FileTree.join(directory, "charts")
        // An alias renames the dependency in values; on disk it keeps its chart's name, though some unpack it by alias.
        let names = [name] + [element["alias"]?.string].compactMap { $0 }
        if names.contains(where: { tree.file("\(charts)/\($0)/Chart.yaml") != nil }) { return [] }
        let prefix = "\(charts)/\(name)-"
        let packed = tree.files.contains { candidate in
            let path = candidate.path.description
            guard path.hasPrefix(prefix), path.hasSuffix(".tgz") else { return false }
            let version = path.dropFirst(prefix.count).dropLast(4)
            return !version.contains("/") && (version.first?.isNumber == true || version.first == "v")
        }
        if packed { return [] }
        return [
            Finding(
                rule: "package.dependency", file: file, line: element.line,
                message: "dependency \(quoted(name)) is not vendored: there is neither charts/\(name)/Chart.yaml nor "
                    + "charts/\(name)-<version>.tgz",
                remedy: "run `helm dependency build` and commit charts/ (is it ignored by Git?)")
        ]
    }

    // Helm's schema validator follows `$ref` to URLs and to files.
    private static func schema(_ file: PackageFile, _ budget: inout YAMLBudget) -> [Finding] {
        let path = file.path.description
        let document: YAMLNode
        do {
            document = try one(file, .manifests, &budget)
        } catch {
            return [Finding(unreadable: error, file: path)]
        }
        var findings: [Finding] = []
        var stack = [document]
        while let node = stack.popLast() {
            stack += node.sequence ?? []
            for entry in node.mapping ?? [] {
                stack.append(entry.value)
                guard entry.key == "$ref", let target = entry.value.string, !target.hasPrefix("#") else { continue }
                findings.append(
                    Finding(
                        rule: "package.remote-reference", file: path, line: entry.value.line,
                        message: "$ref \(quoted(target)) stands outside this schema, and helm would fetch it",
                        remedy: "copy the definition into this file and refer to it with #/…"))
            }
        }
        return findings
    }
}
