import CapsuleCore
import CapsuleTestSupport
import OCI
import Synchronization

/// A store that remembers the manifests of tags, and counts the tags that are looked up and the manifests that are read.
final class RememberingStore: ContentSource {
    private struct State {
        var kept: [UInt8] = []
        var asked: [String] = []
        var read: [String] = []
        var writes = 0
        var removed: Set<Tag> = []
    }

    let store: MemoryStore
    private let state = Mutex(State())

    init(_ store: MemoryStore) { self.store = store }

    func remember(_ built: [BuiltCapsule], created: [String]) async {
        await remember(
            zip(built, created).map { RememberedManifest($0.manifest, tag: $0.tag, created: $1) })
        state.withLock { $0.writes = 0 }
    }

    func remove(_ tag: Tag) { state.withLock { _ = $0.removed.insert(tag) } }

    /// Changes what is kept.
    func damage(_ change: (inout [UInt8]) -> Void) { state.withLock { change(&$0.kept) } }

    /// The first digits of the commits of the tags that were looked up, and of the manifests that were read, and the number of
    /// times that something was kept. Each use counts anew.
    func taken() -> (asked: [String], read: [String], writes: Int) {
        state.withLock { state in
            defer { (state.asked, state.read, state.writes) = ([], [], 0) }
            return (state.asked.sorted(), state.read.sorted(), state.writes)
        }
    }

    var reference: StoreReference { store.reference }

    func remembered() async -> [RememberedManifest] { state.withLock { RememberedManifest.decode($0.kept) } }

    func remember(_ manifests: [RememberedManifest]) async {
        state.withLock { state in
            state.kept = RememberedManifest.encode(manifests)
            state.writes += 1
        }
    }

    func manifest(_ tag: Tag, unless known: Digest?) async throws -> TaggedManifest {
        let digit = String(tag.description.dropFirst(4).prefix(1))
        state.withLock { $0.asked.append(digit) }
        let descriptor = try await store.resolve(tag)
        if let descriptor, descriptor.digest == known { return .unchanged }
        guard let descriptor else { return .missing }
        state.withLock { $0.read.append(digit) }
        return .manifest(try await store.manifest(descriptor))
    }

    func resolve(_ tag: Tag) async throws -> Descriptor? { try await store.resolve(tag) }
    func resolve(_ digest: Digest) async throws -> Descriptor? { try await store.resolve(digest) }
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result { try await store.withContent(of: descriptor, from: offset, body) }
    func referrers(of digest: Digest) async throws -> [Descriptor] { try await store.referrers(of: digest) }
    func listReferrers(of digest: Digest) async throws -> [Referrer] { try await store.listReferrers(of: digest) }
    func tags() async throws -> [Tag] {
        let removed = state.withLock(\.removed)
        return try await store.tags().filter { !removed.contains($0) }
    }
}
