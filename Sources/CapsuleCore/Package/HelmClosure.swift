internal import Documents
internal import OCI
internal import Support

/// Checks that a chart has everything that `helm template` reads: its dependencies are in `charts/`, and no schema
/// refers to anything outside the chart. `format.md` §6.
enum HelmClosure {
    static func check(_ opened: PackedCharts) -> [Finding] {
        let tree = FileTree(opened.files)
        guard tree.file("Chart.yaml") != nil else {
            return [
                Finding(
                    rule: "package.layout", file: "Chart.yaml", message: "a helm package has a Chart.yaml at its top",
                    remedy: "name the directory of the chart as the package's source")
            ]
        }
        var findings = opened.findings
        var budget = YAMLBudget.package
        var charts: [HelmChart] = opened.unreadable.sorted().map { HelmChart(directory: $0, file: $0, node: nil) }
        for file in tree.files
        where file.path.lastSegment == "Chart.yaml" && PackedCharts.isChart(file.path.segments.dropLast()) {
            charts.append(chart(file, &budget, &findings))
        }
        let vendored = Dictionary(grouping: charts, by: \.parent)
        var comparisons = StepBudget(limit: HelmDependencies.maximumComparisons)
        for chart in charts where findings.count < KustomizeWalk.maximumFindings {
            findings += check(chart, VendoredCharts(vendored[chart.directory] ?? []), tree, &budget, &comparisons)
        }
        for file in tree.files
        where file.path.lastSegment == "values.schema.json" && findings.count < KustomizeWalk.maximumFindings {
            findings += HelmSchema.check(file, &budget)
        }
        return Array(findings.inReadingOrder().prefix(KustomizeWalk.maximumFindings))
    }

    private static func chart(
        _ file: PackageFile, _ budget: inout YAMLBudget, _ findings: inout [Finding]
    ) -> HelmChart {
        let path = file.path.description
        let directory = file.path.parent?.description ?? ""
        do {
            return HelmChart(directory: directory, file: path, node: try one(file, .kustomizations, &budget))
        } catch {
            findings.append(Finding(unreadable: error, file: path))
            return HelmChart(directory: directory, file: path, node: nil)
        }
    }

    private static func check(
        _ chart: HelmChart, _ vendored: VendoredCharts, _ tree: FileTree, _ budget: inout YAMLBudget,
        _ comparisons: inout StepBudget
    ) -> [Finding] {
        guard let node = chart.node else { return [] }
        var findings: [Finding] = []
        for key in ["apiVersion", "name", "version"] where node[key]?.string == nil {
            findings.append(
                Finding(
                    rule: "package.layout", file: chart.file, line: node.line, message: "\(key) is missing",
                    remedy: "add it; helm requires it"))
        }
        findings += HelmDependencies.check(node, file: chart.file, of: chart, vendored, &comparisons)
        // Charts of the first API version list their dependencies in a file of their own.
        let requirements = FileTree.join(chart.directory, "requirements.yaml")
        if node["apiVersion"]?.string == "v1", let file = tree.file(requirements) {
            do {
                for document in try budget.documents(file.content, file: requirements, limits: .kustomizations) {
                    findings += HelmDependencies.check(
                        document, file: requirements, of: chart, vendored, &comparisons)
                }
            } catch {
                findings.append(Finding(unreadable: error, file: requirements))
            }
        }
        return findings
    }

    private static func one(_ file: PackageFile, _ limits: YAMLLimits, _ budget: inout YAMLBudget) throws(DocumentError)
        -> YAMLNode
    {
        let documents = try budget.documents(file.content, file: file.path.description, limits: limits)
        guard let document = documents.first, documents.count == 1 else {
            throw DocumentError(
                .invalidDocument, "\(file.path): \(documents.count) YAML documents; exactly one is expected")
        }
        return document
    }
}
