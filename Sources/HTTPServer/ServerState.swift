internal import Synchronization

/// What the loops of a server and its owner share.
final class ServerState: Sendable {
    private let draining = Atomic<Bool>(false)
    private let connections = Atomic<Int>(0)

    /// Whether connections end after their next answer.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// How many connections take a place.
    var count: Int { connections.load(ordering: .relaxed) }

    func drain() { draining.store(true, ordering: .relaxed) }

    /// Counts a connection, and says how many others there are.
    func open() -> Int { connections.add(1, ordering: .relaxed).oldValue }

    func close() { connections.subtract(1, ordering: .relaxed) }
}
