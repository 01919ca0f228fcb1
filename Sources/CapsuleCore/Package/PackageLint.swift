package import Support

/// Checks that a package keeps the layout contract and is closed: every file that it refers to is inside it. `format.md` §6.
///
/// `capsule build` and `capsule verify` run the same function.
package enum PackageLint {
    /// Checks a package.
    ///
    /// - Parameters:
    ///   - package: the files as the capsule holds them.
    ///   - imageName: the name of the application image in the package, which the render replaces.
    ///   - pinnedNames: the names of the further images that the release pins.
    /// - Returns: findings by file and line; with errors the package is not a release payload.
    package static func check(_ package: PackageTree, imageName: String?, pinnedNames: [String]) -> [Finding] {
        run(PackageOutline(package), imageName: imageName, pinnedNames: pinnedNames).findings
    }

    /// Checks a package of which some files are not in memory.
    ///
    /// - Returns: nil when a finding could depend on the bytes of such a file. Check the whole package then.
    package static func check(_ outline: PackageOutline, imageName: String?, pinnedNames: [String]) -> [Finding]? {
        guard !outline.hashedFiles.contains(where: { usuallyReads("/\($0.path)") }) else { return nil }
        let (findings, needsContent) = run(outline, imageName: imageName, pinnedNames: pinnedNames)
        return needsContent ? nil : findings
    }

    private static func run(_ outline: PackageOutline, imageName: String?, pinnedNames: [String])
        -> (findings: [Finding], needsContent: Bool)
    {
        let paths = outline.allFiles.map(\.path)
        var package = PackageTree(kind: outline.kind, entry: outline.entry, files: outline.files)
        let closure: [Finding]
        var needsContent = false
        switch package.kind {
        case .kustomize:
            let tree = FileTree(package.files, hashed: outline.hashedFiles.map(\.path))
            (closure, needsContent) = kustomize(tree, entry: package.entry)
        case .helm:
            let opened = PackedCharts.open(package.files, others: outline.hashedFiles.map(\.path))
            package = PackageTree(kind: .helm, entry: nil, files: opened.files)
            closure = HelmClosure.check(opened)
        }
        let images = floatingImages(package, imageName: imageName, pinnedNames: pinnedNames)
        let limit = KustomizeWalk.maximumFindings
        let pointers = package.files.filter { LFSPointer($0.content) != nil }.map {
            LFSPointer.finding(rule: "package.lfs-pointer", file: $0.path.description)
        }
        let findings = [
            GitNames.check(paths).prefix(limit), pointers.prefix(limit), closure[...], images.prefix(limit),
        ].flatMap { $0 }
        return (findings.inReadingOrder(), needsContent)
    }

    /// True for the names of files that the checks of a package usually read. These files are kept in memory. The
    /// checks may read others too, since a kustomization may name any file as a resource.
    package static func usuallyReads(_ path: String) -> Bool {
        let name = path.utf8
        return [".yaml", ".yml", ".json", ".tpl", ".tgz", "/Kustomization"].contains { suffix in
            name.count >= suffix.utf8.count && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        }
    }

    private static func kustomize(_ tree: FileTree, entry: TreeDirectory?) -> ([Finding], needsContent: Bool) {
        guard let entry else {
            let finding = Finding(
                rule: "package.layout",
                message: "a kustomize package has an entry, the directory that a render takes",
                remedy: "set package.entry, such as base")
            return ([finding], false)
        }
        let walk = KustomizeClosure.walk(tree, entries: [entry.inTree], role: .package)
        // Environment policy may refer to any directory that is included. The scan of a render checks what it refers to.
        let others = tree.kustomizationDirectories.filter { !walk.reaches($0) }
        let unused = others.isEmpty ? nil : KustomizeClosure.walk(tree, entries: others)
        let known = Set(walk.findings)
        let warnings = (unused?.findings ?? []).filter { !known.contains($0) }.map { finding in
            var finding = finding
            finding.severity = .warning
            finding.message += " (\(entry.path?.description ?? "the entry") does not refer to it)"
            return finding
        }
        return ((walk.findings + warnings).inReadingOrder(), walk.needsContent || unused?.needsContent ?? false)
    }

    private static func floatingImages(_ package: PackageTree, imageName: String?, pinnedNames: [String]) -> [Finding] {
        var exempt = Set(pinnedNames)
        if let name = imageName { exempt.insert(name) }
        if package.kind == .helm {
            // A render replaces the images that it finds a value for.
            let search = HelmImageSearch(
                package.files, application: imageName ?? "", imageName: imageName,
                others: pinnedNames.map { ($0, $0) })
            exempt.formUnion(search.replaced)
            if search.isTooLarge {
                return [
                    Finding(
                        rule: "package.values", file: "values.yaml",
                        message: "the chart and its subcharts, with each alias of a dependency, have more than "
                            + "\(HelmValuesTree.maximumValues) values, the limit",
                        remedy: "declare fewer aliases, or remove values that no template uses")
                ]
            }
        }
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
