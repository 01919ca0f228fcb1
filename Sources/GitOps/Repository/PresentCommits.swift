internal import CapsuleCore
internal import Synchronization

/// The commits that this run has seen in the repository that it reads.
final class PresentCommits: Sendable {
    private let ids = Mutex<Set<CommitID>>([])

    /// The commits that were not seen yet.
    func absent(of commits: [CommitID]) -> Set<CommitID> { ids.withLock { Set(commits).subtracting($0) } }

    /// Notes that commits are there.
    func insert(_ commits: [CommitID]) { ids.withLock { $0.formUnion(commits) } }

    /// Forgets all commits, when the repository is made again.
    func removeAll() { ids.withLock { $0.removeAll() } }
}
