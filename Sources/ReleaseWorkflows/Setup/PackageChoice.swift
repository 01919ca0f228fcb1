internal import CapsuleCore
internal import DeliveryConfiguration
internal import Support

/// The most likely package among the kustomizations and charts of a repository, and the alternatives.
struct PackageChoice {
    /// The most likely package; nil when there is none.
    private(set) var package: RepositorySurvey.Package?
    /// The names of the images that it runs.
    private(set) var images: [String] = []
    /// The values that the repository does not determine.
    private(set) var doubts: [RepositorySurvey.Doubt] = []

    /// Chooses among candidates, each list with the most likely first.
    init(_ kustomizations: [KustomizeCandidate], _ charts: [ChartCandidate], in files: RepositoryFiles) {
        switch (kustomizations.first, charts.first) {
        case (let entry?, let chart?) where !chart.rank.tier.lexicographicallyPrecedes(entry.rank.tier):
            choose(entry, among: kustomizations, in: files)
            guard chart.rank.tier == entry.rank.tier, chart.problem == nil else { return }
            doubts.append(
                RepositorySurvey.Doubt(
                    key: "package.kind", value: "kustomize", reason: "there is a chart as well",
                    alternatives: ["helm, with the source \(chart.directory)"]))
        case (_, let chart?): choose(chart, among: charts)
        case (let entry?, nil): choose(entry, among: kustomizations, in: files)
        case (nil, nil): return
        }
    }

    private mutating func choose(
        _ chosen: KustomizeCandidate, among candidates: [KustomizeCandidate], in files: RepositoryFiles
    ) {
        package = chosen.package(in: files)
        images = chosen.images
        let others = candidates.filter { other in
            other.directory != chosen.directory && other.rank.tier == chosen.rank.tier
                && !chosen.contains(other) && !other.contains(chosen) && (other.isNamed || !chosen.isNamed)
        }
        doubt(others.map(\.directory), chosen.problem, "kustomizations")
    }

    private mutating func choose(_ chosen: ChartCandidate, among candidates: [ChartCandidate]) {
        package = RepositorySurvey.Package(
            kind: .helm, source: chosen.directory.description, include: [], entry: nil, values: chosen.values,
            choices: chosen.choices)
        images = chosen.images
        let others = candidates.filter { other in
            other.directory != chosen.directory && other.rank.tier == chosen.rank.tier
                && (other.isNamed || !chosen.isNamed)
        }
        doubt(others.map(\.directory), chosen.problem, "charts")
        guard chosen.values == nil else { return }
        doubts.append(
            RepositorySurvey.Doubt(
                key: "helm.values", value: "image.repository, image.tag",
                reason: "it is not clear which values of the chart name the application image",
                alternatives: chosen.choices))
    }

    private mutating func doubt(_ others: [TreeDirectory], _ problem: Finding?, _ what: String) {
        guard problem != nil || !others.isEmpty else { return }
        let reason =
            problem.map { "a build refuses it: \($0)" } ?? "there are several \(what) that do not contain each other"
        doubts.append(
            RepositorySurvey.Doubt(
                key: "package.source", value: package?.source ?? "", reason: reason,
                alternatives: others.map(\.description)))
    }

    /// Finds the name of the application image among those that a Kustomize package runs.
    ///
    /// - Parameters:
    ///   - repository: the repository of the application image.
    ///   - names: the names that the application is known by.
    mutating func nameImage(as repository: String, names: Set<String>) {
        guard package?.kind == .kustomize else { return }
        let usable = images.filter(CapsuleConfiguration.isImageName)
        let whole = ImageName(repository).runtimeRepository
        let last = names.union([ImageName(repository).lastSegment])
        let clear =
            usable.first { ImageName($0).runtimeRepository == whole }
            ?? usable.first { last.contains(ImageName($0).lastSegment) } ?? (usable.count == 1 ? usable[0] : nil)
        package?.imageName = clear ?? usable.first
        guard clear == nil else { return }
        doubts.append(
            RepositorySurvey.Doubt(
                key: "package.imageName", value: package?.imageName ?? ConfigurationDraft.imageNamePlaceholder,
                reason: usable.isEmpty
                    ? "the package runs no image with a name that can be pinned"
                    : "the package runs several images, and none has the name of the application",
                alternatives: Array(usable.dropFirst())))
    }
}
