internal import Synchronization

/// The state that the loops of a server share with its owner.
final class ServerState: Sendable {
    private let draining = Atomic<Bool>(false)
    private let connections = Atomic<Int>(0)

    /// True when connections are closed after their next response.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// The number of connections that count towards the limit.
    var count: Int { connections.load(ordering: .relaxed) }

    func drain() { draining.store(true, ordering: .relaxed) }

    /// Counts a connection, and returns the number of others.
    func open() -> Int { connections.add(1, ordering: .relaxed).oldValue }

    func close() { connections.subtract(1, ordering: .relaxed) }
}
