public import Support

/// Whether a package keeps the layout contract and is closed: every file that it refers to is inside it. `format.md` §6.
///
/// `capsule build` and `capsule verify` run the same function.
public enum PackageLint {
    /// Checks a package.
    ///
    /// - Parameters:
    ///   - package: the files as they stand in the capsule.
    ///   - imageName: the name that stands for the application image, which the render replaces.
    ///   - pinnedNames: the names of the further images that the release pins.
    /// - Returns: findings by file and line; with errors the package is not a release payload.
    public static func check(_ package: PackageTree, imageName: String?, pinnedNames: [String]) -> [Finding] {
        let names = GitNames.check(package.files)
        var package = package
        let closure: [Finding]
        switch package.kind {
        case .kustomize: closure = kustomize(FileTree(package.files), entry: package.entry)
        case .helm:
            let opened = PackedCharts.open(package.files)
            package = PackageTree(kind: .helm, entry: nil, files: opened.files)
            closure = HelmClosure.check(opened)
        }
        let images = floatingImages(package, imageName: imageName, pinnedNames: pinnedNames)
        return (names.prefix(KustomizeWalk.maximumFindings) + closure + images.prefix(KustomizeWalk.maximumFindings))
            .inReadingOrder()
    }

    /// Whether the checks of a package read a file of this name as a rule. A kustomization may name any other file as a
    /// resource, so this says what is worth keeping at hand, not what will be read.
    package static func usuallyReads(_ path: String) -> Bool {
        let name = path.utf8
        return [".yaml", ".yml", ".json", ".tpl", ".tgz", "/Kustomization"].contains { suffix in
            name.count >= suffix.utf8.count && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        }
    }

    private static func kustomize(_ tree: FileTree, entry: RelativePath?) -> [Finding] {
        guard let entry else {
            return [
                Finding(
                    rule: "package.layout",
                    message: "a kustomize package has an entry, the directory that a render takes",
                    remedy: "set package.entry, such as base")
            ]
        }
        // Every directory that is included is payload: environment policy may refer to any of them.
        let directories = tree.kustomizationDirectories.filter { $0 != entry.description }
        return KustomizeClosure.check(tree, entries: [entry.description] + directories)
    }

    private static func floatingImages(_ package: PackageTree, imageName: String?, pinnedNames: [String]) -> [Finding] {
        var exempt = Set(pinnedNames)
        if let name = imageName ?? HelmImages.applicationImage(of: package) { exempt.insert(name) }
        return PackageImages.scan(package).compactMap { use in
            let image = ImageName(use.name)
            guard image.digest == nil, !exempt.contains(use.name), !exempt.contains(image.name) else { return nil }
            return Finding(
                .warning, rule: "package.floating-image", file: use.file, line: use.line,
                message: "image \(quoted(use.name)) has no digest, so what runs may change under the same release",
                remedy: "write \(image.text)@sha256:…, or build with --lock-images")
        }
    }
}
