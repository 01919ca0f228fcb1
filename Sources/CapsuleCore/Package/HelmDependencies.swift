internal import Documents
internal import Support

/// Checks that every dependency that a chart declares is among the charts that are vendored in it. `format.md` §6.
enum HelmDependencies {
    /// The maximum number of comparisons of declared with vendored charts in one package. The largest known chart needs some hundred; a
    /// chart beyond the limit is refused.
    static let maximumComparisons = 200_000
    /// The maximum number of charts that a finding names.
    private static let shownCharts = 5

    /// - Parameter budget: the comparisons that all charts of a package may take together.
    static func check(
        _ node: YAMLNode, file: String, of chart: HelmChart, _ vendored: VendoredCharts, _ budget: inout StepBudget
    ) -> [Finding] {
        guard let value = node["dependencies"], !value.isNull else { return [] }
        guard let elements = value.sequence else {
            return [
                Finding(
                    rule: "package.unreadable", file: file, line: value.line, message: "dependencies is not a list",
                    remedy: "write each dependency after a dash")
            ]
        }
        var findings: [Finding] = []
        for element in elements where findings.count < KustomizeWalk.maximumFindings && !budget.isSpent {
            if let finding = check(element, file: file, of: chart, vendored, &budget) { findings.append(finding) }
        }
        if budget.isSpent {
            findings.append(
                Finding(
                    rule: "package.dependency", file: file, line: value.line,
                    message: "the charts declare and hold so many dependencies that comparing them takes more than "
                        + "\(maximumComparisons) steps, the limit",
                    remedy: "declare fewer dependencies, or vendor each chart once"))
        }
        return findings
    }

    private static func check(
        _ element: YAMLNode, file: String, of chart: HelmChart, _ vendored: VendoredCharts, _ budget: inout StepBudget
    ) -> Finding? {
        guard let name = element["name"]?.string, (try? RelativePath(name)) != nil, !name.contains("/") else {
            return Finding(
                rule: "package.unreadable", file: file, line: element.line,
                message: "a dependency has no usable name", remedy: "give it the name of its chart")
        }
        return problem(element, name, file: file, of: chart, vendored, &budget)
    }

    private static func problem(
        _ element: YAMLNode, _ name: String, file: String, of chart: HelmChart, _ vendored: VendoredCharts,
        _ budget: inout StepBudget
    ) -> Finding? {
        let matching = vendored.named(name)
        guard budget.spend(1 + matching.count) else { return nil }
        if matching.isEmpty { return missing(element, name, file: file, of: chart, vendored, &budget) }
        // A dependency without a version accepts every version.
        guard let version = element["version"], let text = version.string, !text.isEmpty else { return nil }
        guard let range = VersionRange(text) else {
            if matching.contains(where: { $0.version == text }) { return nil }
            return Finding(
                rule: "package.dependency", file: file, line: version.line,
                message:
                    "dependency \(quoted(name)): \(quoted(text)) is neither a version nor a range that helm can read",
                remedy: "write one, such as ^1.2.0")
        }
        let fits = matching.contains { chart in
            chart.version == text || chart.version.flatMap(SemanticVersion.init).map(range.contains) == true
        }
        if fits { return nil }
        let found = Self.list(matching) { "\($0.directory) is version \($0.version ?? "unknown")" }
        return Finding(
            rule: "package.dependency", file: file, line: version.line,
            message: "dependency \(quoted(name)) requires version \(quoted(text)), but \(found)",
            remedy: "run `helm dependency update` and commit charts/")
    }

    private static func missing(
        _ element: YAMLNode, _ name: String, file: String, of chart: HelmChart, _ vendored: VendoredCharts,
        _ budget: inout StepBudget
    ) -> Finding? {
        guard budget.spend(vendored.all.count) else { return nil }
        let charts = FileTree.join(chart.directory, "charts")
        let places = vendored.all.filter { candidate in
            let place = candidate.directory.dropFirst(charts.count + 1)
            return place == name || place.hasPrefix("\(name)-")
        }
        // A chart that cannot be read may be this dependency, and it has a finding of its own.
        if places.contains(where: { $0.node == nil }) { return nil }
        let misnamed = list(places) { "\($0.directory) holds chart \(quoted($0.name ?? ""))" }
        if misnamed.isEmpty, let outside = outside(element, name, file: file, of: chart) { return outside }
        return Finding(
            rule: "package.dependency", file: file, line: element.line,
            message: "dependency \(quoted(name)) is not vendored: "
                + (misnamed.isEmpty
                    ? "there is neither \(charts)/\(name)/Chart.yaml nor \(charts)/\(name)-<version>.tgz"
                    : misnamed),
            remedy: "run `helm dependency build` and commit charts/ (is it ignored by Git?)")
    }

    private static func list(_ charts: [HelmChart], _ text: (HelmChart) -> String) -> String {
        let more = charts.count - shownCharts
        return charts.prefix(shownCharts).map(text).joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }

    // Returns a finding for a repository that is a directory outside the package. Only missing dependencies have it,
    // because the repository of a vendored one is not used.
    private static func outside(_ element: YAMLNode, _ name: String, file: String, of chart: HelmChart) -> Finding? {
        guard let repository = element["repository"], let text = repository.string,
            text.lowercased().hasPrefix("file:")
        else { return nil }
        let path = text.dropFirst(text.lowercased().hasPrefix("file://") ? 7 : 5)
        let directory = chart.directory
        let inside = RelativePath.resolve(String(path), from: directory.isEmpty ? nil : try? RelativePath(directory))
        guard inside == nil else { return nil }
        return Finding(
            rule: "package.outside-reference", file: file, line: repository.line,
            message: "dependency \(quoted(name)): \(quoted(text)) leaves the package, and nothing is vendored for it",
            remedy: "run `helm dependency build` and commit charts/")
    }
}

/// The charts in `charts/` of a chart.
struct VendoredCharts {
    let all: [HelmChart]
    private let byName: [String: [HelmChart]]

    init(_ charts: [HelmChart]) {
        all = charts
        byName = Dictionary(grouping: charts.filter { $0.name != nil }) { $0.name ?? "" }
    }

    /// Those with a name, which need not be that of their directory.
    func named(_ name: String) -> [HelmChart] { byName[name] ?? [] }
}
