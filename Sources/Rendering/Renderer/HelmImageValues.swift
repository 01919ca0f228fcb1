internal import CapsuleCore
internal import OCI
internal import Support

/// The values of a chart that a render sets to the images of a release.
///
/// Those that the capsule records come first, then those of the configuration, then those that are found in the chart. The
/// values are given the tag of the release; ``HelmImagePins`` adds the digest after the render.
struct HelmImageValues: Sendable {
    /// The origin of the values of the application image.
    enum Origin: String, Sendable {
        case capsule = "release.yaml"
        case configuration = "helm.values of capsule.yaml"
        case chart = "the chart's values.yaml"
        case convention = "the convention of charts, because the chart's values.yaml names no image"
    }

    /// The text of each value, sorted by path.
    private(set) var settings: [(key: String, value: String)] = []
    /// The templates of the application image.
    private(set) var application: HelmValues?
    /// The origin of ``application``.
    private(set) var origin = Origin.convention
    /// The places in the chart's values that may name the application image, when it is not clear which one does.
    private(set) var choices: [String] = []
    /// The findings about values that cannot all be set.
    private(set) var findings: [Finding] = []

    init(_ input: RenderInput) {
        let release = input.release
        let options = input.options.helm
        let others = release.images ?? []
        let found = Self.search(input)
        var chosen: [(image: ReleaseManifest.Image, values: HelmValues)] = []
        (application, origin) =
            if let values = release.package.values {
                (values, .capsule)
            } else if let values = options.values {
                (values, .configuration)
            } else if let values = found.application {
                (values, .chart)
            } else {
                (HelmImageSearch.convention, .convention)
            }
        if origin == .convention { choices = found.choices }
        if let application { chosen.append((release.image, application)) }
        for image in others {
            guard let name = image.name else { continue }
            if let values = image.values ?? options.images[name] ?? found.images[name] {
                chosen.append((image, values))
            }
        }
        set(chosen)
    }

    private static func search(_ input: RenderInput) -> HelmImageSearch {
        let release = input.release
        // An image that was locked is a default of the chart, which needs no value.
        let others = (release.images ?? []).filter { $0.tag == release.image.tag }
        return HelmImageSearch(
            input.package.files, application: release.image.repoURL.description, imageName: release.package.imageName,
            others: others.compactMap { image in image.name.map { ($0, image.repoURL.description) } })
    }

    private mutating func set(_ chosen: [(image: ReleaseManifest.Image, values: HelmValues)]) {
        var texts: [String: (value: String, image: ReleaseManifest.Image)] = [:]
        for (image, values) in chosen {
            for (key, value) in values.values(for: image) {
                guard let other = texts[key] else {
                    texts[key] = (value, image)
                    continue
                }
                guard other.value != value else { continue }
                findings.append(
                    Finding(
                        rule: "render.image-value", file: "package/helm/values.yaml",
                        message: "the value \(key) would be \(quoted(other.value)) for \(other.image.repoURL) and "
                            + "\(quoted(value)) for \(image.repoURL)",
                        remedy: "name the values of each image in helm.values and helm.images of capsule.yaml"))
            }
        }
        if let (outer, inner) = HelmValues.conflict(among: Array(texts.keys)) {
            findings.append(
                Finding(
                    rule: "render.image-value", file: "package/helm/values.yaml",
                    message: "the value \(outer) contains \(inner), and both would be set",
                    remedy: "name the values of each image in helm.values and helm.images of capsule.yaml"))
        }
        settings = texts.map { ($0.key, $0.value.value) }.sorted { $0.key < $1.key }
    }

    /// The values of the application image and their origin, for a message.
    var description: String {
        let values = application?.summary ?? "none"
        let places = choices.isEmpty ? "" : " (it may be named at \(choices.joined(separator: ", ")))"
        return "\(values), from \(origin.rawValue)\(places)"
    }
}
