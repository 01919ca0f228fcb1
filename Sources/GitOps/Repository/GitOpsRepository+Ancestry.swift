package import CapsuleCore
internal import Processes

extension GitOpsRepository {
    /// The depths to which history is read, one after the other; nothing is read beyond the last. A stage that takes
    /// twenty releases a day reaches 5,000 in most of a year.
    package static let historyDepths = [32, 512, 5_000]

    /// True when a commit is `head` or one of its ancestors, as far back as history is read.
    ///
    /// - Throws: `GitError`
    package func reaches(
        _ commit: CommitID, from head: CommitID, depths: [Int] = historyDepths
    ) async throws -> Bool {
        guard commit != head else { return true }
        return try await repairing {
            try await ensure([head])
            if try await isAncestor(commit, of: head) { return true }
            for depth in depths where try await deepen(head, to: depth) {
                if try await isAncestor(commit, of: head) { return true }
            }
            return false
        }
    }

    /// True when the repository proves that a commit is an ancestor: by commits that lead to it, each of which is
    /// checked against its id.
    private func isAncestor(_ commit: CommitID, of head: CommitID) async throws -> Bool {
        guard try await reading.missing([commit.description]).isEmpty else { return false }
        let found = try await reading.run(["rev-list", "--ancestry-path", "\(commit)..\(head)", "--"])
        guard found.succeeded else { throw reading.failure("comparing commits", found) }
        let path = found.text.split(separator: "\n").compactMap { try? CommitID(String($0)) }
        guard !path.isEmpty else { return false }
        let commits = try await reading.commits(path)
        let parents = Dictionary(commits.map { ($0.id, $0.parents) }) { first, _ in first }
        var reached: Set<CommitID> = [head]
        var next = [head]
        while let current = next.popLast() {
            for parent in parents[current] ?? [] where reached.insert(parent).inserted { next.append(parent) }
        }
        return reached.contains(commit)
    }

    /// Fetches `depth` commits of the history of `head`, unless the repository has them.
    ///
    /// - Returns: true when something was fetched.
    /// - Throws: `GitError`
    package func deepen(_ head: CommitID, to depth: Int) async throws -> Bool {
        guard cache != nil else { return false }
        // The oldest commit of a history that was fetched to this depth has no parents here, so it is not examined.
        let result = try await reading.run([
            "log", "--max-count=\(depth - 1)", "--decorate-refs=refs/none/", "--no-color", "--format=%D",
            head.description, "--",
        ])
        guard result.succeeded else { throw reading.failure("reading history", result) }
        guard result.text.contains("grafted") else { return false }
        try await fetchHistories(of: [head], depth: depth)
        return true
    }
}
