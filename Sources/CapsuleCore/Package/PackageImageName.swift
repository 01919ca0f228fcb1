internal import Documents
internal import Support

/// Checks that a Kustomize package names the application image under the name that the release says.
///
/// A render replaces that name, and the application's repository, by the promoted image. When no container has either of
/// them, every render would be rejected later, after the release has become immutable.
enum PackageImageName {
    /// The maximum number of images in a message.
    private static let shownImages = 10

    /// The finding about a name that the package does not have; nil when it has it, and for a chart, which names the image
    /// in its values.
    ///
    /// It is a warning when no container of the package has an image: environment policy may add them.
    static func check(_ package: PackageTree, imageName: String?, repository: String) -> Finding? {
        guard package.kind == .kustomize else { return nil }
        let wanted = [imageName, repository].compactMap { $0 }.map { ImageName($0) }
        let isWanted = { (text: String) in
            let image = ImageName(text)
            return wanted.contains { $0.name == image.name || $0.runtimeRepository == image.runtimeRepository }
        }
        let uses = PackageImages.scan(package)
        guard !uses.contains(where: { isWanted($0.name) }), !namesElsewhere(package, isWanted) else { return nil }
        let seen = Set(uses.map { ImageName($0.name).name }).sorted()
        let more = seen.count > shownImages ? ", and \(seen.count - shownImages) more" : ""
        let list = seen.prefix(shownImages).map { quoted($0) }.joined(separator: ", ") + more
        let name = imageName.map { "the image \(quoted($0))" } ?? "the application image \(quoted(repository))"
        return Finding(
            seen.isEmpty ? .warning : .error, rule: "package.image-name",
            message: "no container of the package has \(name); "
                + (seen.isEmpty ? "no container of it has an image" : "the package has the images \(list)"),
            remedy: seen.isEmpty
                ? "check that the environment policy adds the container"
                : "set package.imageName of capsule.yaml, or --image-name, to the one that is the application")
    }

    /// True when a field for an image has the name in a place that is not a container, such as a custom resource.
    private static func namesElsewhere(_ package: PackageTree, _ isWanted: (String) -> Bool) -> Bool {
        var budget = YAMLBudget.package
        for file in package.files where PackageImages.isYAML(file.path.lastSegment) {
            guard
                let documents = try? budget.documents(
                    file.content, file: file.path.description, limits: .manifests)
            else {
                // Its images are not known.
                return true
            }
            if documents.contains(where: { names($0, isWanted) }) { return true }
        }
        return false
    }

    private static func names(_ node: YAMLNode, _ isWanted: (String) -> Bool) -> Bool {
        if let elements = node.sequence { return elements.contains { names($0, isWanted) } }
        return (node.mapping ?? []).contains { entry in
            let key = entry.key.lowercased()
            if let text = entry.value.string {
                return (key.hasSuffix("image") || key == "repository" || key == "newname") && isWanted(text)
            }
            return names(entry.value, isWanted)
        }
    }
}
