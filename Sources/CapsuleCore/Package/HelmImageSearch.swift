internal import Documents
internal import OCI

/// Finds the values of a chart that name the images of a release, from the chart's own `values.yaml` and those of its
/// subcharts. The chart alone decides: the same capsule gives the same values.
package struct HelmImageSearch: Sendable {
    /// The values that name the application image; nil when none was found, or several that are equally good.
    package private(set) var application: HelmValues?
    /// The values that name the further images, by the name of the image in the package.
    package private(set) var images: [String: HelmValues] = [:]
    /// The places that may name the application image when it is not clear which one does.
    package private(set) var choices: [String] = []

    /// True when the values are too many to be searched.
    package let isTooLarge: Bool

    /// The names of the chart's own images in the places that were found, without tag and digest.
    package private(set) var replaced: Set<String> = []

    /// The values that charts have by convention, for a chart whose own values name no image.
    package static let convention = try? HelmValues(["image.repository": "{repository}", "image.tag": "{tag}"])

    /// Searches the files of a chart.
    ///
    /// - Parameters:
    ///   - application: the repository of the application image.
    ///   - imageName: the name of the application image in the package.
    ///   - others: the further images of the release, by their name in the package.
    package init(
        _ files: [PackageFile], application: String, imageName: String?, others: [(name: String, repository: String)]
    ) {
        let values = HelmValuesTree(files)
        isTooLarge = values.isTooLarge
        let candidates = HelmImageCandidate.all(in: values)
        var claimed: Set<[String]> = []
        var matches: [(name: String, places: [HelmImageCandidate])] = []
        for other in others {
            let places = Self.places(of: other.name, other.repository, among: candidates)
            claimed.formUnion(places.map(\.path))
            if !places.isEmpty { matches.append((other.name, places)) }
        }
        let free = candidates.filter { !claimed.contains($0.path) }
        let chosen = Self.application(free, repository: application, imageName: imageName, chart: values.name)
        if chosen.isEmpty { choices = free.filter(\.isCertain).map { $0.path.joined(separator: ".") } }
        claimed.formUnion(chosen.map(\.path))
        replaced = Set((chosen + matches.flatMap(\.places)).map(\.repository))
        let foreign = candidates.filter { !claimed.contains($0.path) && !$0.hasRegistry && !$0.repository.isEmpty }
        var emission = HelmImageEmission(values: values, sharesRegistry: !foreign.isEmpty)
        self.application = emission.values(chosen, repository: application)
        for (name, places) in matches {
            let repository = others.first { $0.name == name }?.repository ?? ""
            images[name] = emission.values(places, repository: repository)
        }
    }

    /// The places of a further image: those with its repository, its name, or a path that has its name.
    private static func places(
        of name: String, _ repository: String, among candidates: [HelmImageCandidate]
    ) -> [HelmImageCandidate] {
        let names = [ImageName(name).runtimeRepository, ImageName(repository).runtimeRepository]
        let exact = candidates.filter { !$0.repository.isEmpty && names.contains($0.fullRepository) }
        if !exact.isEmpty { return exact }
        let last = ImageName(name).lastSegment
        let similar = candidates.filter { $0.lastSegment == last }
        if !similar.isEmpty { return similar }
        return candidates.filter { $0.isCertain && $0.path.dropLast($0.path.count > 1 ? 1 : 0).contains(last) }
    }

    private static func application(
        _ candidates: [HelmImageCandidate], repository: String, imageName: String?, chart: String?
    ) -> [HelmImageCandidate] {
        let named = candidates.filter { !$0.repository.isEmpty }
        let repositories = [repository, imageName].compactMap { $0 }.map { ImageName($0).runtimeRepository }
        let exact = named.filter { repositories.contains($0.fullRepository) }
        if !exact.isEmpty { return exact }
        let names = [imageName, repository].compactMap { $0 }.map { ImageName($0).lastSegment }
        for name in names + [chart].compactMap({ $0 }) {
            let similar = named.filter { $0.lastSegment == name }
            if !similar.isEmpty { return same(similar, among: candidates) }
        }
        let certain = candidates.filter(\.isCertain)
        let usual = [["image"], ["global", "image"], []]
        if let place = usual.lazy.compactMap({ path in certain.first { $0.path == path } }).first {
            return same([place], among: candidates)
        }
        let components = [
            "app", "web", "server", "main", "controller", "manager", "controllerManager", "operator", "backend",
        ]
        for component in [chart].compactMap({ $0 }) + components {
            let places = certain.filter { $0.path.count <= 3 && $0.path.dropLast().last == component }
            if places.count == 1 { return same(places, among: candidates) }
        }
        let used = certain.filter { !$0.repository.isEmpty }
        if Set(used.map(\.fullRepository)).count == 1 { return used }
        return certain.count == 1 ? certain : []
    }

    /// The places, and the others that name the same image by default.
    private static func same(
        _ places: [HelmImageCandidate], among candidates: [HelmImageCandidate]
    ) -> [HelmImageCandidate] {
        let repositories = Set(places.filter { !$0.repository.isEmpty }.map(\.fullRepository))
        let paths = Set(places.map(\.path))
        return candidates.filter { candidate in
            paths.contains(candidate.path)
                || (!candidate.repository.isEmpty && repositories.contains(candidate.fullRepository))
        }
    }
}

/// Writes the templates of the places that name one image, including those of values that several images share.
private struct HelmImageEmission {
    let values: HelmValuesTree
    /// True when an image that is not part of the release uses the shared registry too.
    let sharesRegistry: Bool
    /// The paths of tags that images share and the chart has.
    private let tags: [String]
    /// The paths of registries that images share, that have a value and that a template uses.
    private let registries: [String]
    private let usesTags: Bool

    init(values: HelmValuesTree, sharesRegistry: Bool) {
        self.values = values
        self.sharesRegistry = sharesRegistry
        tags = Self.sharedTags.filter { key in
            values.value(key).map { $0.mapping == nil && $0.sequence == nil } == true
        }
        registries = Self.sharedRegistries.filter { key in
            values.value(key)?.string?.isEmpty == false && values.templatesContain(".Values.\(key)")
        }
        usesTags = values.templatesContain(".tag")
    }

    private static let sharedTags = [
        "image.tag", "global.image.tag", "global.imageTag", "global.tag", "imageTag", "tag", "images.tag",
    ]
    private static let sharedRegistries = [
        "global.imageRegistry", "global.image.registry", "global.registry", "image.registry", "imageRegistry",
        "registry",
    ]

    mutating func values(_ places: [HelmImageCandidate], repository: String) -> HelmValues? {
        guard !places.isEmpty else { return nil }
        var templates: [String: String] = [:]
        for place in places {
            templates.merge(place.templates) { first, _ in first }
            if !place.hasTag { setTag(of: place, &templates) }
            if !place.hasRegistry { setRegistry(of: place, repository, &templates) }
        }
        if let (outer, _) = HelmValues.conflict(among: Array(templates.keys)) { templates[outer] = nil }
        return try? HelmValues(templates)
    }

    /// Sets the tag that images share; when there is none, the tag of the mapping, although the chart does not list it,
    /// and for a text the whole reference.
    private func setTag(of place: HelmImageCandidate, _ templates: inout [String: String]) {
        if let key = tags.first(where: { !place.templates.keys.contains($0) }) {
            templates[key] = "{tag}"
        } else if place.repositoryKey == place.path.joined(separator: ".") {
            templates[place.repositoryKey] = "{reference}"
        } else if usesTags {
            templates[(place.path + ["tag"]).joined(separator: ".")] = "{tag}"
        }
    }

    /// Sets the registry that images share where it has a value and a template uses it.
    private func setRegistry(of place: HelmImageCandidate, _ repository: String, _ templates: inout [String: String]) {
        guard templates[place.repositoryKey] == "{repository}" else { return }
        guard let key = registries.first(where: { !place.templates.keys.contains($0) }),
            let registry = values.value(key)?.string
        else { return }
        if repository.hasPrefix("\(registry)/") {
            templates[place.repositoryKey] = "{path}"
        } else if !sharesRegistry {
            templates[place.repositoryKey] = "{path}"
            templates[key] = "{registry}"
        }
    }
}
