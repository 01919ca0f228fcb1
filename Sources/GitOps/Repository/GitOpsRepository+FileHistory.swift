package import CapsuleCore
internal import Processes
internal import Support

/// A commit of a branch's first-parent history that changed a file.
package struct FileChange: Sendable {
    package let commit: CommitID
    /// The committer date, in seconds since 1970.
    package let committed: Int64
    /// The blob of the path in this commit; nil when the commit removed the file or made it something other than a
    /// regular file.
    package let blob: String?
}

/// The newest part of a branch's first-parent history.
package struct FileHistory: Sendable {
    /// The commits that changed the file, newest first.
    package let changes: [FileChange]
    /// True when the history continues beyond this part.
    package let goesOn: Bool
}

/// A file whose history is read.
package struct FileHistoryRequest: Sendable {
    /// The head of the branch.
    let head: CommitID
    let path: RelativePath
    /// The number of commits from `head` at which the history ends.
    package let depth: Int

    package init(head: CommitID, path: RelativePath, depth: Int) {
        self.head = head
        self.path = path
        self.depth = depth
    }
}

extension GitOpsRepository {
    /// The number of commits whose trees are read in one process: with trees of a thousand entries, half the limit of
    /// the output.
    private static let commitsAtOnce = 512

    /// Reads the changes of files in the first-parent histories of branches: together in their first step, and with one
    /// process for each branch beyond it. Fetches only what the cache lacks.
    ///
    /// Git lists the commits. Each of them is then checked against its id, and that it is the first parent of the
    /// commit before it: another parent's history, or a commit that only the list contains, is not part of the branch.
    ///
    /// - Throws: `GitError`
    package func histories(_ wanted: [FileHistoryRequest]) async throws -> [FileHistory] {
        try await ensure(wanted.map(\.head))
        var lists = try await firstParentsTogether(wanted)
        var histories = try await read(wanted, lists)
        for index in wanted.indices where histories[index].goesOn && lists[index].count < wanted[index].depth {
            guard cache != nil else { continue }
            try await fetchHistories(of: [wanted[index].head], depth: wanted[index].depth)
            lists[index] = try await firstParents(of: wanted[index].head, depth: wanted[index].depth)
            histories[index] = try await read([wanted[index]], [lists[index]])[0]
        }
        return histories
    }

    /// True when a commit is the head of a branch or was it before, as far back as history is read.
    ///
    /// - Throws: `GitError`
    package func hasHeld(_ commit: CommitID, branchAt head: CommitID) async throws -> Bool {
        guard commit != head else { return true }
        return try await repairing {
            try await ensure([head])
            for depth in Self.historyDepths {
                var list = try await firstParents(of: head, depth: depth)
                if !list.contains(commit), list.count < depth, try await deepen(head, to: depth) {
                    list = try await firstParents(of: head, depth: depth)
                }
                if let index = list.firstIndex(of: commit) {
                    return try await chain(of: head, list.prefix(through: index)).last?.id == commit
                }
                if list.count < depth { return false }
            }
            return false
        }
    }

    /// The ids of a commit and of its first parents, as Git lists them.
    private func firstParents(of head: CommitID, depth: Int) async throws -> [CommitID] {
        let result = try await reading.run(["rev-list", "--first-parent", "--max-count=\(depth)", "\(head)", "--"])
        guard result.succeeded else { throw reading.failure("reading history", result) }
        return result.text.split(separator: "\n").compactMap { try? CommitID(String($0)) }
    }

    /// The ids of commits and of their first parents. Those of many branches are read level by level: a process for each
    /// branch would take longer than the levels of the first step, and Git's own list is faster for a longer history.
    private func firstParentsTogether(_ wanted: [FileHistoryRequest]) async throws -> [[CommitID]] {
        var lists = wanted.map { [$0.head] }
        let together = wanted.indices.filter { wanted.count > 1 && wanted[$0].depth <= Self.historyDepths[0] }
        var open = together
        while !open.isEmpty {
            let ends = Set(open.compactMap { lists[$0].last })
            let commits = Dictionary(try await reading.commits(ends.sorted()).map { ($0.id, $0) }) { first, _ in first }
            open = open.filter { index in
                guard let end = lists[index].last, let commit = commits[end] else {
                    // The repository does not have the rest of the history.
                    lists[index].removeLast()
                    return false
                }
                guard let parent = commit.parents.first, lists[index].count < wanted[index].depth else { return false }
                lists[index].append(parent)
                return true
            }
        }
        for index in Set(wanted.indices).subtracting(together).sorted() {
            lists[index] = try await firstParents(of: wanted[index].head, depth: wanted[index].depth)
        }
        return lists
    }

    /// The commits of a list, each checked to be the first parent of the one before it.
    private func chain(of head: CommitID, _ list: some Collection<CommitID>) async throws -> [GitCommitObject] {
        let commits = try await reading.commits(Array(list))
        guard commits.map(\.id) == Array(list) else { throw otherHistory(head) }
        try check(commits, from: head)
        return commits
    }

    private func check(_ commits: [GitCommitObject], from head: CommitID) throws {
        guard commits.first?.id == head,
            zip(commits, commits.dropFirst()).allSatisfy({ $0.parents.first == $1.id })
        else { throw otherHistory(head) }
    }

    private func otherHistory(_ head: CommitID) -> GitError {
        GitError(
            .corrupt, "\(quoted(remote.description)): Git lists another history of \(head.short) than its commits have")
    }

    private func read(_ wanted: [FileHistoryRequest], _ lists: [[CommitID]]) async throws -> [FileHistory] {
        let paths = zip(wanted, lists).flatMap { request, list in
            list.map { GitTreePaths(commit: $0, paths: [request.path], together: [request.path]) { _ in false } }
        }
        var trees: [GitTreeContent] = []
        for start in stride(from: 0, to: paths.count, by: Self.commitsAtOnce) {
            let part = paths[start..<min(start + Self.commitsAtOnce, paths.count)]
            trees += try await readTrees(Array(part)).compactMap { $0 }
        }
        guard trees.count == paths.count else {
            throw GitError(.corrupt, "\(quoted(remote.description)): a commit of the history is missing")
        }
        var rest = trees[...]
        return try zip(wanted, lists).map { request, list in
            let own = rest.prefix(list.count)
            rest = rest.dropFirst(list.count)
            try check(own.map(\.commit), from: request.head)
            return Self.history(Array(own))
        }
    }

    /// The changes of the one path that was read in each tree. Those of the last commit are known only if it has no
    /// parent.
    private static func history(_ trees: [GitTreeContent]) -> FileHistory {
        let blobs = trees.map { $0.entries.first { $0.kind == .file }?.id }
        let isComplete = trees.last?.commit.parents.isEmpty == true
        let changes = trees.indices.dropLast(isComplete ? 0 : 1).compactMap { index -> FileChange? in
            guard blobs[index] != (index + 1 < blobs.count ? blobs[index + 1] : nil) else { return nil }
            let commit = trees[index].commit
            return FileChange(commit: commit.id, committed: commit.committed, blob: blobs[index])
        }
        return FileHistory(changes: changes, goesOn: !isComplete)
    }
}
