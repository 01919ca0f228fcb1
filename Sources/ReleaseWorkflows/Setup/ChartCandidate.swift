internal import CapsuleCore
internal import Documents
internal import Support

/// A chart of a working directory that may be the package.
struct ChartCandidate {
    /// The maximum number of charts that are compared.
    static let maximumCount = 50

    /// The directory of the chart.
    let directory: TreeDirectory
    /// The first problem for which a build would refuse it; nil when there is none.
    let problem: Finding?
    /// The values that name the application image; nil when they are not clear.
    let values: HelmValues?
    /// The places that may name the application image, when it is not clear which one does.
    let choices: [String]
    /// The names of the chart's own images in the places of the values.
    let images: [String]
    /// True when the chart or its directory has a name that the application is known by.
    let isNamed: Bool
    /// How likely it is the package.
    let rank: PackageRank

    /// The charts that a build would accept, the most likely first. If a build would accept none of them, all. Charts
    /// that are vendored in others and library charts are left out.
    ///
    /// - Parameter names: the names that the application is known by.
    static func all(in files: RepositoryFiles, image: String, names: Set<String>) -> [ChartCandidate] {
        let directories = files.paths.filter { $0.lastSegment == "Chart.yaml" }.map { TreeDirectory(path: $0.parent) }
        let own = directories.filter { directory in
            !directories.contains { other in
                other != directory && directory.inTree.hasPrefix(other.path(of: "charts/"))
            }
        }
        let found = own.prefix(maximumCount).compactMap { candidate($0, in: files, image: image, names: names) }
        let closed = found.filter { $0.problem == nil }
        return (closed.isEmpty ? found : closed).sorted { $0.rank < $1.rank }
    }

    private static func candidate(
        _ directory: TreeDirectory, in files: RepositoryFiles, image: String, names: Set<String>
    ) -> ChartCandidate? {
        var content = files.files(in: directory)
        if let rules = content.first(where: { $0.path.description == HelmIgnore.fileName }) {
            let ignored = HelmIgnore(rules.content)
            content.removeAll { ignored.excludes($0.path) }
        }
        let chart = content.first { $0.path.description == "Chart.yaml" }
            .flatMap { try? YAMLParser.documents($0.content, file: "", limits: .kustomizations).first }
        guard chart?["type"]?.string != "library" else { return nil }
        let findings = PackageLint.check(
            PackageTree(kind: .helm, entry: nil, files: content), imageName: nil, pinnedNames: [])
        let search = HelmImageSearch(content, application: image, imageName: nil, others: [])
        let name = chart?["name"]?.string?.lowercased() ?? ""
        let last = directory.path?.lastSegment.lowercased() ?? ""
        let isNamed = names.contains(name) || names.contains(last)
        return ChartCandidate(
            directory: directory, problem: findings.first { $0.severity == .error }, values: search.application,
            choices: search.choices, images: search.replaced.sorted(),
            isNamed: isNamed,
            rank: PackageRank(
                directory, runs: search.application != nil || !search.choices.isEmpty,
                order: [isNamed ? 0 : 1]))
    }
}
