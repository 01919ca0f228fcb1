internal import CapsuleCore
internal import Synchronization

/// The commits that this run has seen in the repository that it reads.
final class PresentCommits: Sendable {
    private let ids = Mutex<Set<CommitID>>([])

    /// The commits that have not been seen yet.
    func absent(of commits: [CommitID]) -> Set<CommitID> { ids.withLock { Set(commits).subtracting($0) } }

    /// Records that commits are present.
    func insert(_ commits: [CommitID]) { ids.withLock { $0.formUnion(commits) } }
}
