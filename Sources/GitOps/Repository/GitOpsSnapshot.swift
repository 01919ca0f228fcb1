package import CapsuleCore
internal import OCI
internal import Support

/// The GitOps repository at one commit of its policy branch.
package struct GitOpsSnapshot: Sendable {
    /// The repository.
    package let repository: GitOpsRepository
    /// The commit that environment policy is read from.
    package let commit: GitCommitObject

    /// True when `path` is a regular file at this commit.
    ///
    /// - Throws: `GitError`
    package func hasFile(_ path: RelativePath) async throws -> Bool {
        try await files([path]).contains { $0.path == path.description }
    }

    /// The content of a regular file at this commit; nil when the file does not exist.
    ///
    /// - Throws: `GitError`
    package func file(_ path: RelativePath, limit: Int = 1 << 20) async throws -> [UInt8]? {
        try await file(path, in: files([path]), limit: limit)
    }

    /// The content of a regular file that is among `entries` of this commit; nil when it is not.
    package func file(
        _ path: RelativePath, in entries: [GitTreeEntry], limit: Int = 1 << 20
    ) async throws -> [UInt8]? {
        guard let entry = entries.first(where: { $0.path == path.description }), entry.kind == .file else { return nil }
        let content = try await repository.repairing {
            try await repository.ensure([commit.id])
            return try await repository.contents([entry.id], of: [commit.id], limit: limit).first.map { Array($0) }
        }
        if let content { try requireContent(content, of: entry.path) }
        return content
    }

    /// The regular files among `paths` at this commit.
    ///
    /// - Parameter together: those of the paths whose content will be read; they must be small.
    package func files(_ paths: [RelativePath], together: Set<RelativePath> = []) async throws -> [GitTreeEntry] {
        try await entries(paths, together: together) { _ in false }.filter { $0.kind == .file }
    }

    /// The entries at and below `paths` at this commit, ordered by path.
    ///
    /// - Parameters:
    ///   - together: those of the paths that are read together with their parents: directories and small files.
    ///   - descends: true for a directory whose entries are read too; any other directory is itself an entry.
    package func entries(
        _ paths: [RelativePath], together: Set<RelativePath> = [],
        descends: @escaping @Sendable (String) -> Bool
    ) async throws -> [GitTreeEntry] {
        let wanted = GitTreePaths(commit: commit.id, paths: paths, together: together, descends: descends)
        return try await repository.repairing { try await repository.trees([wanted])[0].entries }
    }
}

extension GitOpsSnapshot {
    /// Requires that the content of a file is not a pointer of Git LFS, whose content a GitOps repository does not have.
    ///
    /// - Throws: `GitError.Code.unusableTree`
    package func requireContent(_ content: some Collection<UInt8>, of path: String) throws(GitError) {
        guard LFSPointer(content) != nil else { return }
        throw GitError(
            .unusableTree,
            "\(quoted(path)) at commit \(commit.id.short) of \(repository.remote) is a pointer of Git LFS, not the file "
                + "itself; commit the file without Git LFS: policy is read from Git alone")
    }
}

extension GitOpsRepository {
    /// The repository at a commit.
    ///
    /// - Parameter revision: a full commit id or a branch, also as `refs/heads/NAME`; in a repository given by path, also
    ///   a tag, an abbreviated id, and steps to ancestors. A commit id is that commit, whatever branches there are.
    /// - Throws: `GitError.Code.notFound` when the branch or commit does not exist
    package func snapshot(at revision: String) async throws -> GitOpsSnapshot {
        guard !heads.branches.isEmpty else { throw noBranches }
        let named = try GitRevision(revision)
        if let id = named.id, named.steps.isEmpty { return try await snapshot(at: id) }
        let prefix = "refs/heads/"
        let isReference = revision.hasPrefix(prefix)
        if isReference || !named.looksAbbreviated,
            let branch = try? BranchName(isReference ? String(revision.dropFirst(prefix.count)) : revision),
            let head = heads[branch]
        {
            try named.check(opened: head, in: remote.description)
            return try await snapshot(at: head)
        }
        if cache == nil { return try await snapshot(at: reading.resolve(revision)) }
        guard !named.looksAbbreviated else {
            throw GitError(
                .notFound,
                "\(quoted(revision)) looks like an abbreviated commit id; give the full id, or a branch of this name as "
                    + "refs/heads/\(revision)")
        }
        throw notFound(revision)
    }

    /// The repository at the head of a branch.
    ///
    /// - Throws: `GitError.Code.notFound` when the branch does not exist
    package func snapshot(at branch: BranchName) async throws -> GitOpsSnapshot {
        guard let head = heads[branch] else {
            throw heads.branches.isEmpty ? noBranches : notFound(branch.description)
        }
        return try await snapshot(at: head)
    }

    private var noBranches: GitError {
        GitError(
            .notFound, "the GitOps repository \(quoted(remote.description)) has no branches; push the policy first")
    }

    private func notFound(_ branch: String) -> GitError {
        let known = heads.branches.keys.sorted().prefix(10).map(\.description).joined(separator: ", ")
        return GitError(.notFound, "\(quoted(remote.description)) has no branch \(quoted(branch)); it has \(known)")
    }

    /// The repository at a commit.
    ///
    /// - Throws: `GitError.Code.notFound` when the commit does not exist
    package func snapshot(at id: CommitID) async throws -> GitOpsSnapshot {
        let commit = try await repairing {
            do {
                return try await trees(
                    [GitTreePaths(commit: id, paths: [])],
                    depth: cache?.keepsHistories == true ? Self.searchedCommits + 1 : 1)[0].commit
            } catch let error as GitError where error.code == .moved {
                throw GitError(
                    .notFound, "\(quoted(remote.description)) has no commit \(id), or had it a moment ago; run again",
                    cause: error)
            }
        }
        return GitOpsSnapshot(repository: self, commit: commit)
    }
}
