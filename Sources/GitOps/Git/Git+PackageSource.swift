package import CapsuleCore
internal import OCI
internal import Processes
internal import Support

extension Git {
    /// The maximum number of files of a package: the capsule's own limit, `format.md` §3.
    package static let maximumPackageFiles = 10_000
    /// The maximum size of one file in bytes: the capsule's own limit.
    package static let maximumFileBytes = 10 << 20
    /// The maximum size of a package's files in bytes: the capsule's own limit.
    package static let maximumPackageBytes = 64 << 20

    /// Reads the package of a commit from Git's objects. The working tree, the index, filters and line-end settings do
    /// not affect the result. A pointer of Git LFS is replaced by its content, which the clone must have.
    ///
    /// - Parameters:
    ///   - repository: a directory in a repository.
    ///   - revision: a commit id, a branch, a tag or `HEAD`, which `~N` and `^N` may follow.
    ///   - source: the package's directory in the repository; nil for the root of the repository.
    ///   - entry: the directory of a Kustomize package that a render takes; nil for `base`.
    ///   - include: the paths below `source` that a release includes; nil for the default of the layout: `base` and
    ///     `components` where they exist for Kustomize, what an entry elsewhere refers to, everything for Helm. An entry
    ///     that is the package's own directory is included with what it refers to, whatever `include` names.
    /// - Throws: `GitError`: `.notFound`, `.invalidName`, `.unusableTree` for symlinks, submodules and too large trees,
    ///   `.corrupt`, `.noGit`; `CapsuleError.Code.invalidPackage` when the references of an entry cannot be followed
    package func packageSource(
        in repository: String, revision: String = "HEAD", source: RelativePath?, entry: TreeDirectory? = nil,
        include: [RelativePath]?, kind: PackageKind
    ) async throws -> PackageSource {
        let repository = GitDirectory(git: self, path: repository)
        // One process reads the trees, level by level.
        let directory = repository.keepingReader()
        async let _: Void? = directory.reader?.serve()
        let commit = try await directory.resolve(revision)
        let prefix = source.map { "\($0)/" } ?? ""
        let selection = try PackageSelection(kind: kind, entry: entry, include: include)
        let place = PackagePlace(directory: directory, commit: commit, source: source)
        let (about, entries) = try await selected(selection, kind, in: place)
        try await check(entries, selection, in: place)
        try await checkSizes(entries, commit: commit, directory: directory)
        // A process that is not waited for after each hundred objects prints them faster.
        let contents = try await repository.blobs(
            entries.map(\.id), outputLimit: Self.maximumPackageBytes + entries.count * 128)
        let store = contents.contains { LFSPointer($0) != nil } ? try await LFSStore(of: directory) : nil
        var files: [PackageFile] = []
        files.reserveCapacity(entries.count)
        for (entry, content) in zip(entries, contents) {
            let path: RelativePath
            do {
                path = try RelativePath(String(Substring(entry.path.utf8.dropFirst(prefix.utf8.count))))
            } catch {
                throw GitError(.unusableTree, "commit \(commit.short): \(error.message)", cause: error)
            }
            guard let pointer = LFSPointer(content), let store else {
                files.append(PackageFile(path: path, content: Array(content)))
                continue
            }
            files.append(
                PackageFile(
                    path: path,
                    content: try store.content(of: pointer, at: entry.path, commit, limit: Self.maximumFileBytes)))
        }
        try checkTotal(files.reduce(0) { $0 + $1.content.count }, commit: commit)
        return PackageSource(
            commit: commit, committed: about.committed, repository: try await origin(directory),
            files: files.sorted { $0.path < $1.path })
    }

    /// The entries of the tree that a release includes.
    private func selected(
        _ selection: PackageSelection, _ kind: PackageKind, in place: PackagePlace
    ) async throws -> GitTreeContent {
        var paths = place.source.map { [$0] }
        if let wanted = selection.paths { paths = try wanted.map(place.inRepository) }
        var tree = try await place.directory.tree(place.commit, below: paths)
        if case .reached(let entry, let others) = selection {
            tree.entries = try await place.reached(from: entry, and: others, among: tree.entries)
        }
        if kind == .helm { tree.entries = try await place.withoutIgnored(tree.entries) }
        return tree
    }

    private func check(
        _ entries: [GitTreeEntry], _ selection: PackageSelection, in place: PackagePlace
    ) async throws {
        let commit = place.commit
        for entry in entries where entry.kind != .file {
            throw entry.unusable(in: commit)
        }
        for required in try selection.required.map(place.inRepository) {
            let path = required.description
            guard entries.contains(where: { $0.path == path || $0.path.hasPrefix(path + "/") }) else {
                throw try await missing([required], in: place)
            }
        }
        guard !entries.isEmpty else {
            throw try await missing(selection.paths?.map(place.inRepository) ?? [], in: place)
        }
        guard entries.count <= Self.maximumPackageFiles else {
            throw GitError(
                .unusableTree,
                "the package in commit \(commit.short) has \(entries.count) files; a capsule holds at most "
                    + "\(Self.maximumPackageFiles): narrow package.include")
        }
    }

    // The sizes are checked before any content is read, so that a package that is too large is never loaded into
    // memory.
    func checkSizes(_ entries: [GitTreeEntry], commit: CommitID, directory: GitDirectory) async throws {
        var total = 0
        for (entry, size) in zip(entries, try await directory.sizes(entries.map(\.id))) {
            guard size <= Self.maximumFileBytes else {
                throw GitError(
                    .unusableTree,
                    "\(quoted(entry.path)) in commit \(commit.short) has \(size) bytes; a capsule holds files of up to "
                        + "\(Self.maximumFileBytes) bytes: leave it out of package.include")
            }
            total = total.addingClamped(size)
        }
        try checkTotal(total, commit: commit)
    }

    private func checkTotal(_ total: Int, commit: CommitID) throws(GitError) {
        guard total <= Self.maximumPackageBytes else {
            throw GitError(
                .unusableTree,
                "the package in commit \(commit.short) has \(total) bytes; a capsule holds at most "
                    + "\(Self.maximumPackageBytes): narrow package.include")
        }
    }

    /// The error for a commit that has no file at and below the paths, or in the whole directory of the package when there
    /// are none. It lists the directory, because a wrong path is more likely than a missing file.
    private func missing(_ paths: [RelativePath], in place: PackagePlace) async throws -> GitError {
        let source = place.source
        let top = source?.description
        let there = try await place.directory.tree(place.commit, below: source.map { [$0] }) { $0 == top }.entries
            .filter { $0.path != top }.map { String($0.path.dropFirst(top.map { $0.count + 1 } ?? 0)) }
        let directory = top.map { quoted($0) } ?? "the top of the repository"
        let wanted = paths.isEmpty ? directory : paths.map { quoted($0.description) }.joined(separator: " or ")
        let list = there.isEmpty ? "nothing" : there.prefix(20).map { quoted($0) }.joined(separator: ", ")
        return GitError(
            .notFound,
            "commit \(place.commit.short) has no package files in \(wanted); in \(directory) there is \(list). "
                + "Check package.source, package.entry and package.include, and that the files are committed")
    }

    private func origin(_ directory: GitDirectory) async throws -> String? {
        let result = try await directory.run(["config", "--get", "remote.origin.url"])
        guard result.succeeded, !result.text.isEmpty else { return nil }
        return result.text.withoutURLCredentials(isURL: true)
    }
}
