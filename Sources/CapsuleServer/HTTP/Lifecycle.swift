internal import Synchronization

/// Whether the service takes work.
final class Lifecycle: Sendable {
    private let draining = Atomic<Bool>(false)
    private let open = Atomic<Int>(0)

    /// Whether it is about to stop: what runs is ended, nothing new is begun.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// How many connections are open.
    var connections: Int { open.load(ordering: .relaxed) }

    func drain() { draining.store(true, ordering: .relaxed) }

    /// Counts a connection, and says how many there are with it.
    func opened() -> Int { open.add(1, ordering: .relaxed).newValue }

    func closed() { open.subtract(1, ordering: .relaxed) }
}
