internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Rendering

/// Compares the stage and the digest in the current records of stages with the branch and the files next to them, which
/// are read together and once. ``StageHolds/isProven(_:)`` compares those of earlier commits.
///
/// A record alone is not evidence that a stage holds a release: whoever can push to the branch can write one.
actor RecordedFiles {
    private struct Key: Hashable {
        let stage: String
        let commit: CommitID
    }

    private let branches: StageBranches
    private var known: [Key: Bool] = [:]

    init(_ branches: StageBranches) { self.branches = branches }

    /// Reads the files of different stages together.
    ///
    /// - Throws: `GitError`
    func load(_ states: [StageState]) async throws {
        var unread: [StageState] = []
        for state in states {
            guard let key = Self.key(state), known[key] == nil else { continue }
            if state.record?.render?.deployment == state.stage, state.entries.allSatisfy({ $0.kind == .file }) {
                unread.append(state)
            } else {
                known[key] = false
            }
        }
        guard !unread.isEmpty else { return }
        let files = try await branches.files(unread)
        for state in unread {
            guard let key = Self.key(state) else { continue }
            known[key] = FileListDigest.compute(files[state.stage] ?? []) == state.record?.render?.digest
        }
    }

    /// True when the record of a stage names the digest of its files.
    ///
    /// - Throws: `GitError`
    func match(_ state: StageState) async throws -> Bool {
        try await load([state])
        return Self.key(state).flatMap { known[$0] } == true
    }

    private static func key(_ state: StageState) -> Key? {
        state.head.map { Key(stage: state.stage, commit: $0) }
    }
}
