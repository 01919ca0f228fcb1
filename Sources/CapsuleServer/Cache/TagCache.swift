internal import OCI
internal import Synchronization

/// Remembers for a few seconds what tags name, so that ten stages that ask at once ask the registry once.
final class TagCache: Sendable {
    private struct Key: Hashable {
        let repository: Repository
        let tag: Tag
    }
    private struct Entry {
        let descriptor: Descriptor
        /// When the tag was resolved, by the clock.
        let resolved: Duration
    }

    private let age: Duration
    private let limit: Int
    private let clock: ServiceClock
    private let entries = Mutex<[Key: Entry]>([:])
    private let locks = KeyedLock<String>()

    /// - Parameter age: how long an answer is taken for true; zero asks every time.
    init(age: Duration, limit: Int, clock: ServiceClock) {
        self.age = age
        self.limit = limit
        self.clock = clock
    }

    /// What a tag names. A tag that is not there is looked for again each time.
    func resolve(
        _ tag: Tag, in repository: Repository, _ look: () async throws -> Descriptor?
    ) async throws -> Descriptor? {
        guard age > .zero else { return try await look() }
        let key = Key(repository: repository, tag: tag)
        if let known = lookup(key) { return known }
        return try await locks.withLock("\(repository):\(tag)") {
            if let known = lookup(key) { return known }
            guard let found = try await look() else { return nil }
            let now = clock.now
            entries.withLock { entries in
                if entries.count >= limit { entries = entries.filter { now - $0.value.resolved < age } }
                if entries.count >= limit { entries = [:] }
                entries[key] = Entry(descriptor: found, resolved: now)
            }
            return found
        }
    }

    /// What a tag was a moment ago, when that is still taken for true.
    func cached(_ tag: Tag, in repository: Repository) -> Descriptor? {
        age > .zero ? lookup(Key(repository: repository, tag: tag)) : nil
    }

    private func lookup(_ key: Key) -> Descriptor? {
        guard let entry = entries.withLock({ $0[key] }), clock.now - entry.resolved < age else { return nil }
        return entry.descriptor
    }
}
