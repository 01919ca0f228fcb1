internal import CapsuleCore
internal import OCI
internal import Support

extension ChainVerification {
    /// Checks that the package is of a known kind, and of the kind that the deployment expects.
    func packageKind() -> CheckResult {
        let id = CheckID.packageKind
        guard let release else { return withoutRelease(id) }
        let kind = release.package.kind
        if let expected = request.packageKind, expected != kind {
            return id.fail(
                "the package is of kind \(kind.rawValue), and \(expected.rawValue) is expected",
                remedy: "set package.kind in capsule.yaml to what the release holds, or release the other kind",
                ["kind": kind.rawValue])
        }
        return id.pass(["kind": kind.rawValue])
    }

    /// Checks that the package is at its path, alone below `package/`, and has the files that a render needs.
    func packagePath() -> CheckResult {
        let id = CheckID.packagePath
        guard let release, let contents = capsule.contents.value else { return withoutRelease(id) }
        let path = release.package.path
        let evidence = ["path": path.description]
        guard path.description == release.package.kind.path || (isLegacy && path.description.hasPrefix("package/"))
        else {
            return id.fail(
                "package.path is \(path); a \(release.package.kind.rawValue) package must be at "
                    + release.package.kind.path,
                remedy: Self.rebuild, evidence)
        }
        let prefix = "\(path)/"
        let strays = contents.packagePaths.filter { !$0.utf8.starts(with: prefix.utf8) }
        if let stray = strays.min() {
            return id.fail(
                "\(quoted(stray)) is outside the package at \(path), so the package digest does not cover it",
                remedy: Self.rebuild, evidence)
        }
        guard let package, package.count > 0 else {
            return id.fail("there is nothing at \(path)", remedy: Self.rebuild, evidence)
        }
        let names: [String]
        switch package.kind {
        case .kustomize:
            let entry = package.entry ?? .top
            names = FileTree.kustomizationNames.map(entry.path(of:))
        case .helm: names = ["Chart.yaml"]
        }
        guard package.paths.contains(where: { names.contains($0.description) }) else {
            return id.fail(
                "\(path) has no \(names[0])", remedy: "include the entry in the package and publish the release again",
                evidence)
        }
        return id.pass(evidence.merging(["entry": package.entry?.description ?? names[0]]) { $1 })
    }

    /// Computes the package digest again and compares it.
    func packageDigest() -> CheckResult {
        let id = CheckID.packageDigest
        guard let release, let package else { return withoutRelease(id) }
        let actual = package.digest
        var evidence = ["digest": actual.description, "files": "\(package.count)"]
        guard let named = release.package.digest else {
            return id.skip("release.yaml (\(release.schemaVersion)) names no package digest", evidence)
        }
        guard named == actual else {
            evidence["release.yaml"] = named.description
            return id.fail(
                "the package's files have the digest \(actual), and release.yaml names \(named)", remedy: Self.rebuild,
                evidence)
        }
        return id.pass(evidence)
    }

    /// Lints the package again, as it is in the layer.
    func packageClosed() throws -> CheckResult {
        let id = CheckID.packageClosed
        guard let release, let package, let contents = capsule.contents.value else { return withoutRelease(id) }
        let name = release.package.imageName
        let pinned = (release.images ?? []).compactMap(\.name) + [release.image.repoURL.description]
        let findings =
            try PackageLint.check(package, imageName: name, pinnedNames: pinned)
            ?? PackageLint.check(
                contents.tree(of: package, below: release.package.path), imageName: name, pinnedNames: pinned)
        let errors = findings.filter { $0.severity == .error }
        let warnings = findings.filter { $0.severity == .warning }
        var evidence = ["files": "\(package.count)"]
        if !warnings.isEmpty {
            evidence["warnings"] = Self.listed(warnings)
        }
        guard let first = errors.first else { return id.pass(evidence) }
        if errors.count > 1 { evidence["errors"] = Self.listed(errors) }
        let place = first.file.map { $0 + (first.line.map { ":\($0)" } ?? "") + ": " } ?? ""
        return id.fail(
            "\(place)\(first.message)" + (errors.count > 1 ? " (and \(errors.count - 1) more)" : ""),
            remedy: first.remedy, evidence)
    }

    // The number of findings is limited for readers; a lint of the source prints all of them.
    private static func listed(_ findings: [Finding]) -> String {
        let shown = findings.prefix(10).map(\.description)
        let more = findings.count - shown.count
        return (shown + (more > 0 ? ["and \(more) more"] : [])).joined(separator: " | ")
    }
}
