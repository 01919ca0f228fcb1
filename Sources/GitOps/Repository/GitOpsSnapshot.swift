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
        try await entries([path.description]).contains { $0.path == path.description && $0.kind == .file }
    }

    /// The content of a regular file at this commit; nil when the file does not exist.
    ///
    /// - Throws: `GitError`
    package func file(_ path: RelativePath, limit: Int = 1 << 20) async throws -> [UInt8]? {
        try await file(path, in: entries([path.description]), limit: limit)
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

    /// The entries at and below `paths` at this commit.
    package func entries(_ paths: [String]) async throws -> [GitTreeEntry] {
        try await repository.repairing {
            try await repository.ensure([commit.id])
            return try await repository.reading.entries(commit.id, below: paths)
        }
    }
}

extension GitOpsRepository {
    /// The repository at a commit.
    ///
    /// - Parameter revision: a branch or a full commit id; in a repository given by path, any revision that
    ///   `git rev-parse` accepts.
    /// - Throws: `GitError.Code.notFound` when the branch or commit does not exist
    package func snapshot(at revision: String) async throws -> GitOpsSnapshot {
        let id: CommitID
        if let branch = try? BranchName(revision), let head = heads[branch] {
            id = head
        } else if heads.branches.isEmpty {
            throw GitError(
                .notFound, "the GitOps repository \(quoted(remote.description)) has no branches; push the policy first")
        } else if let commit = try? CommitID(revision) {
            id = commit
        } else if cache == nil {
            id = try await reading.resolve(revision)
        } else {
            let known = heads.branches.keys.sorted().prefix(10).map(\.description).joined(separator: ", ")
            throw GitError(
                .notFound,
                "\(quoted(remote.description)) has no branch \(quoted(revision)); it has \(known)")
        }
        let commit = try await repairing {
            do {
                return try await trees([GitTreePaths(commit: id, paths: [])])[0].commit
            } catch let error as GitError where error.code == .moved {
                throw GitError(
                    .notFound, "\(quoted(remote.description)) has no commit \(id), or had it a moment ago; run again",
                    cause: error)
            }
        }
        return GitOpsSnapshot(repository: self, commit: commit)
    }
}
