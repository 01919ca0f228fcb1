internal import CapsuleCore
internal import Support

/// The directory of a package in a commit, and the choice of the files there that belong to it.
struct PackagePlace {
    let directory: GitDirectory
    let commit: CommitID
    /// The package's directory; nil for the root of the repository.
    let source: RelativePath?

    /// The path in the repository of a path in the package.
    func inRepository(_ path: RelativePath) throws(CapsuleError) -> RelativePath {
        try source?.appending(path) ?? path
    }

    /// The path in the package of an entry of the tree; nil when no package can hold a file of this name, so that nothing
    /// in it can refer to the file either.
    private func inPackage(_ entry: GitTreeEntry) -> RelativePath? {
        guard let source else { return try? RelativePath(entry.path) }
        return (try? RelativePath(entry.path))?.relative(to: source)
    }

    /// The entries without the files that the chart's `.helmignore` excludes. helm does not load these.
    func withoutIgnored(_ entries: [GitTreeEntry]) async throws -> [GitTreeEntry] {
        let name = source.map { "\($0)/\(HelmIgnore.fileName)" } ?? HelmIgnore.fileName
        guard let file = entries.first(where: { $0.kind == .file && $0.path == name }) else { return entries }
        guard let content = try await contents(of: [file]).first else { return entries }
        let rules = HelmIgnore(content)
        return entries.filter { entry in
            guard entry.path != name, let path = inPackage(entry) else { return true }
            return !rules.excludes(path)
        }
    }

    /// The files that the entry of a Kustomize package refers to, and the entries at and below further paths.
    ///
    /// - Throws: `GitError`; `CapsuleError.Code.invalidPackage` with the problems of the references
    func reached(
        from entry: TreeDirectory, and others: [RelativePath], among entries: [GitTreeEntry]
    ) async throws -> [GitTreeEntry] {
        var files: [(path: RelativePath, entry: GitTreeEntry)] = []
        for item in entries where item.kind == .file {
            if let path = inPackage(item) { files.append((path, item)) }
        }
        var loaded = try await load(files.filter { FileTree.kustomizationNames.contains($0.path.lastSegment) })
        while true {
            let known = Set(loaded.map(\.path))
            let reach = PackageReach(
                loaded: loaded, others: files.map(\.path).filter { !known.contains($0) }, entry: entry)
            guard reach.needed.isEmpty else {
                loaded += try await load(
                    files.filter { reach.needed.contains($0.path.description) && !known.contains($0.path) })
                continue
            }
            try check(reach, from: entry, among: entries)
            return entries.filter { item in
                guard let path = inPackage(item) else { return false }
                return (item.kind == .file && reach.files.contains(path.description))
                    || others.contains { path == $0 || path.relative(to: $0) != nil }
            }
        }
    }

    /// Refuses references that cannot be followed. An entry of the tree that is not a regular file is named as such,
    /// because a reference to it would otherwise look like one to a missing file.
    private func check(_ reach: PackageReach, from entry: TreeDirectory, among entries: [GitTreeEntry]) throws {
        let findings = reach.findings.filter { $0.severity == .error }
        guard !findings.isEmpty else { return }
        for item in entries where item.kind != .file {
            guard let path = inPackage(item) else { continue }
            let name = path.lastSegment
            let isWanted = reach.absent.contains { wanted in
                wanted == path.description || wanted.hasPrefix("\(path)/")
                    || (FileTree.kustomizationNames.contains(name) && wanted == path.parent?.description ?? "")
            }
            if isWanted { throw item.unusable(in: commit) }
        }
        guard !reach.absent.contains(entry.inTree) else {
            let place = source.map { quoted($0.description) } ?? "the top of the repository"
            let found = entries.compactMap(inPackage).filter { FileTree.kustomizationNames.contains($0.lastSegment) }
                .map { quoted($0.parent?.description ?? ".") }
            let list =
                found.isEmpty
                ? "there is none in \(place)" : "there is one in " + found.prefix(20).joined(separator: ", ")
            throw GitError(
                .notFound,
                "commit \(commit.short) has no kustomization.yaml in \(quoted(entry.description)) of \(place); \(list). "
                    + "Check package.source and package.entry, and that the file is committed")
        }
        throw CapsuleError(
            .invalidPackage, "the package of commit \(commit.short) cannot be released", findings: findings)
    }

    /// Reads files, within the limits of a package.
    private func load(_ files: [(path: RelativePath, entry: GitTreeEntry)]) async throws -> [PackageFile] {
        let entries = files.map(\.entry)
        try await directory.git.checkSizes(entries, commit: commit, directory: directory)
        return zip(files, try await contents(of: entries)).map {
            PackageFile(path: $0.path, content: Array($1))
        }
    }

    private func contents(of entries: [GitTreeEntry]) async throws -> [ArraySlice<UInt8>] {
        try await directory.blobs(
            entries.map(\.id), outputLimit: Git.maximumPackageBytes + entries.count * 128)
    }
}

extension GitTreeEntry {
    /// The error for an entry that a package cannot hold.
    func unusable(in commit: CommitID) -> GitError {
        let what =
            switch kind {
            case .symlink: "a symlink"
            case .submodule: "a submodule"
            default: "a special file"
            }
        return GitError(
            .unusableTree,
            "\(quoted(path)) in commit \(commit.short) is \(what); a package holds regular files only: replace it "
                + "with a copy of what it points to, or leave it out of package.include")
    }
}
