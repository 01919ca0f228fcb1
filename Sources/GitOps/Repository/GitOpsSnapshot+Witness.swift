package import CapsuleCore
internal import Support

/// The directory of witnesses at a commit.
package struct WitnessDirectory: Sendable {
    /// The path of the directory.
    package let directory: RelativePath
    /// The number of files that are named as a witness is.
    package let count: Int
    /// The paths of the other entries.
    package let strays: [String]
}

extension GitOpsSnapshot {
    /// The witness of a pair at this commit, with what the directory and the history say against it.
    ///
    /// - Parameters:
    ///   - root: the directory of the application; nil for the root of the repository.
    ///   - content: the bytes that are about to be committed, when there is no witness yet: the history is then
    ///     searched for other ones.
    ///   - others: commits at which the witness will be read next.
    ///   - limit: the maximum number of commits whose history is searched for other versions.
    /// - Throws: `GitError`, `CapsuleError`
    package func witness(
        of release: ReleaseIdentity, root: RelativePath?, expecting content: [UInt8]? = nil,
        before others: [CommitID] = [],
        limit: Int = GitOpsRepository.searchedCommits
    ) async throws -> Witness {
        let path = try Witness.path(of: release, root: root)
        let directory = path.parent?.description ?? CapsuleFormat.witnessDirectory
        let entries = try await entries([try RelativePath(directory)]) { $0 == directory }
        let entry = entries.first { $0.path == path.description && $0.kind == .file }
        guard entry != nil || content != nil else {
            return Witness(
                repository: repository.remote.description, path: path, commit: commit.id, content: nil, commits: 0,
                faults: [])
        }
        var faults = Self.twins(of: release, path, among: entries)
        let history = try await repository.versions(
            of: path, at: commit.id, before: others, with: entry?.id, limit: limit)
        let found = try await file(path, in: entries)
        let blob = (found ?? content).map(repository.format.blobID)
        if let other = history.versions.first(where: { $0.blob != blob }) {
            faults.append(
                "\(path) had other content before: commit \(other.commit) changed it, and a witness is written once")
        }
        if let end = history.end {
            faults.append(
                "the history of \(commit.id.short) cannot be searched for other versions of the witness: "
                    + (history.commits > limit
                        ? "it has more than \(limit) commits"
                        : "it ends at \(end.short), whose parents are missing; fetch them with `git fetch --unshallow`")
            )
        }
        return Witness(
            repository: repository.remote.description, path: path, commit: commit.id, content: found,
            commits: history.commits,
            faults: faults)
    }

    /// The entries of the directory of witnesses at this commit.
    ///
    /// - Parameter root: the directory of the application; nil for the root of the repository.
    /// - Throws: `GitError`, `CapsuleError`
    package func witnesses(root: RelativePath?) async throws -> WitnessDirectory {
        let directory = try RelativePath(CapsuleFormat.witnessDirectory)
        let path = try root?.appending(directory) ?? directory
        let name = path.description
        let entries = try await entries([path]) { $0 == name }
        let strays = entries.filter { entry in
            let file = entry.path.utf8.dropFirst(name.utf8.count + 1)
            let isWitness =
                entry.kind == .file && entry.path.hasPrefix("\(name)/") && entry.path.hasSuffix(".yaml")
                && (try? ReleaseIdentity(String(Substring(file.dropLast(".yaml".utf8.count))))) != nil
            return !isWitness
        }
        return WitnessDirectory(
            directory: path, count: entries.count - strays.count, strays: strays.map(\.path))
    }

    /// The faults of other entries that name the same commit, and of directories, which could hold a second witness.
    private static func twins(
        of release: ReleaseIdentity, _ path: RelativePath, among entries: [GitTreeEntry]
    ) -> [String] {
        entries.compactMap { entry in
            guard entry.path != path.description else { return nil }
            let name = entry.path.split(separator: "/").last.map(String.init) ?? entry.path
            if name.lowercased().contains(release.commit.description) {
                return "\(quoted(entry.path)) names the same commit as \(path); a release has one witness"
            }
            guard entry.kind == .directory else { return nil }
            return "\(quoted(entry.path)) is a directory; the directory of witnesses holds files only"
        }
    }
}
