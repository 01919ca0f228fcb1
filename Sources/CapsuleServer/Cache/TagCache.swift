internal import OCI
internal import Support
internal import Synchronization

/// Caches the descriptors of tags for a few seconds, so that the requests of many stages cause one call of the
/// registry.
final class TagCache: Sendable {
    private struct Key: Hashable {
        let repository: Repository
        let tag: Tag
    }
    private struct Entry {
        let descriptor: Descriptor
        /// The time at which the tag was resolved, by the clock.
        let resolved: Duration
    }

    private let age: Duration
    private let limit: Int
    private let clock: ServiceClock
    private let entries = Mutex<[Key: Entry]>([:])
    private let locks = KeyedLock<String>()

    /// - Parameter age: the time for which a resolved tag is cached; zero resolves it every time.
    init(age: Duration, limit: Int, clock: ServiceClock) {
        self.age = age
        self.limit = limit
        self.clock = clock
    }

    /// Resolves a tag. A missing tag is not cached.
    func resolve(
        _ tag: Tag, in repository: Repository, _ resolve: () async throws -> Descriptor?
    ) async throws -> Descriptor? {
        guard age > .zero else { return try await resolve() }
        let key = Key(repository: repository, tag: tag)
        if let known = lookup(key) { return known }
        return try await locks.withLock("\(repository):\(tag)") {
            if let known = lookup(key) { return known }
            guard let found = try await resolve() else { return nil }
            let now = clock.now
            entries.withLock { entries in
                if entries.count >= limit { entries = entries.filter { now - $0.value.resolved < age } }
                if entries.count >= limit { entries = [:] }
                entries[key] = Entry(descriptor: found, resolved: now)
            }
            return found
        }
    }

    /// The descriptor of a tag if it is cached.
    func cached(_ tag: Tag, in repository: Repository) -> Descriptor? {
        age > .zero ? lookup(Key(repository: repository, tag: tag)) : nil
    }

    private func lookup(_ key: Key) -> Descriptor? {
        guard let entry = entries.withLock({ $0[key] }), clock.now - entry.resolved < age else { return nil }
        return entry.descriptor
    }
}
