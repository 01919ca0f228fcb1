internal import CapsuleCore
internal import GitOps
internal import OCI

/// The histories of stage branches that have been read. Each step is read once.
actor StageHistories {
    private struct Key: Hashable {
        let head: CommitID
        let record: RelativePath
    }

    /// The rendered files of a commit.
    private struct Files: Hashable {
        let commit: CommitID
        let directory: RelativePath
    }

    private struct History {
        var holds: [StageHolds.Element] = []
        /// The number of steps of `GitOpsRepository.historyDepths` that have been read.
        var steps = 0
        /// True when the branch has no older commits.
        var isComplete = false

        /// The depth of the next step; nil when the history has been read completely.
        var nextDepth: Int? {
            isComplete || steps == GitOpsRepository.historyDepths.count ? nil : GitOpsRepository.historyDepths[steps]
        }
    }

    private let repository: GitOpsRepository
    private var histories: [Key: History] = [:]
    private var digests: [Files: Digest?] = [:]

    init(repository: GitOpsRepository) { self.repository = repository }

    /// The hold at an index, 0 for the newest; nil when the history that is read has no such hold.
    func hold(_ index: Int, of holds: StageHolds) async throws -> StageHolds.Element? {
        guard let key = Self.key(holds) else { return nil }
        while true {
            let history = histories[key] ?? History()
            if index < history.holds.count { return history.holds[index] }
            guard history.nextDepth != nil else { return nil }
            try await deepen([key])
        }
    }

    /// The latest time, but not later than `now`, of the hold at an index and of the older holds that have been read.
    func latest(from index: Int, of holds: StageHolds, notAfter now: Int64) -> Int64? {
        Self.key(holds).flatMap { histories[$0]?.holds.dropFirst(index).map(\.from).filter { $0 <= now }.max() }
    }

    /// True when the whole history of the branch has been read.
    func isComplete(_ holds: StageHolds) -> Bool {
        Self.key(holds).map { histories[$0]?.isComplete == true } ?? true
    }

    /// The digest of the rendered files of a commit of the history; nil when there is anything else than regular files.
    func renderedDigest(at commit: CommitID, of holds: StageHolds) async throws -> Digest? {
        guard let head = holds.head, let key = Self.key(holds) else { return nil }
        let files = Files(commit: commit, directory: holds.layout.deploy)
        if let known = digests[files] { return known }
        let steps = histories[key]?.steps ?? 0
        let depth = GitOpsRepository.historyDepths[max(0, steps - 1)]
        let digest = try await digest(of: files, head: head, depth: depth)
        digests[files] = .some(digest)
        return digest
    }

    private nonisolated func digest(of files: Files, head: CommitID, depth: Int) async throws -> Digest? {
        try await repository.repairing {
            let directory = files.directory
            let wanted = GitTreePaths(commit: files.commit, paths: [directory], together: [directory])
            let entries = try await repository.trees([wanted])[0].entries
            guard entries.allSatisfy({ $0.kind == .file }) else { return nil }
            let contents = try await repository.contents(entries.map(\.id), of: [head], depth: depth)
            let prefix = "\(directory)/".utf8.count
            return FileListDigest.compute(
                try zip(entries, contents).map { entry, content in
                    PackageFile(
                        path: try RelativePath(String(Substring(entry.path.utf8.dropFirst(prefix)))),
                        content: Array(content))
                })
        }
    }

    /// Reads the first step of several histories together.
    func load(_ holds: [StageHolds]) async throws {
        try await deepen(holds.compactMap { Self.key($0) }.filter { histories[$0] == nil })
    }

    private static func key(_ holds: StageHolds) -> Key? {
        holds.head.map { Key(head: $0, record: holds.layout.record) }
    }

    private func deepen(_ keys: [Key]) async throws {
        guard !keys.isEmpty else { return }
        for (key, history) in try await read(keys.map { ($0, histories[$0] ?? History()) })
        where history.steps > histories[key]?.steps ?? 0 {
            histories[key] = history
        }
    }

    /// Reads the next step of several histories, and all their records together.
    private nonisolated func read(_ known: [(Key, History)]) async throws -> [(Key, History)] {
        try await repository.repairing {
            let wanted = known.map { key, history in
                FileHistoryRequest(
                    head: key.head, path: key.record, depth: history.nextDepth ?? GitOpsRepository.historyDepths[0])
            }
            let parts = try await repository.histories(wanted)
            let deepest = wanted.map(\.depth).max() ?? 1
            let blobs = Set(parts.flatMap { $0.changes.compactMap(\.blob) }).sorted()
            let contents = try await repository.contents(blobs, of: known.map(\.0.head), depth: deepest)
            let records = Dictionary(
                zip(blobs, contents.map { try? ReleaseRecord(yaml: Array($0)) })
            ) { first, _ in first }
            return zip(known, parts).map { known, part in
                var (key, history) = known
                history.holds = part.changes.map { change in
                    StageHolds.Element(
                        commit: change.commit, from: change.committed,
                        record: change.blob.flatMap { records[$0] ?? nil })
                }
                history.steps += 1
                history.isComplete = !part.goesOn
                return (key, history)
            }
        }
    }
}
