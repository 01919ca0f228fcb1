import CapsuleCore
import CapsuleTestSupport
import OCI
import Synchronization

/// A store that remembers the manifests of tags, and counts the tags that are looked up.
final class RememberingStore: ContentSource {
    let store: MemoryStore
    private let state = Mutex<(known: [Tag: RawManifest], asked: [String])>(([:], []))

    init(_ store: MemoryStore) { self.store = store }

    func remember(_ built: BuiltCapsule) { state.withLock { $0.known[built.tag] = built.manifest } }

    /// The first digit of the commit of each tag that was looked up.
    var asked: [String] { state.withLock { $0.asked } }

    var reference: StoreReference { store.reference }

    func lastManifest(_ tag: Tag) async -> RawManifest? { state.withLock { $0.known[tag] } }

    func manifest(_ tag: Tag) async throws -> RawManifest? {
        state.withLock { $0.asked.append(String(tag.description.dropFirst(4).prefix(1))) }
        return try await store.manifest(tag)
    }

    func resolve(_ tag: Tag) async throws -> Descriptor? { try await store.resolve(tag) }
    func resolve(_ digest: Digest) async throws -> Descriptor? { try await store.resolve(digest) }
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result { try await store.withContent(of: descriptor, from: offset, body) }
    func referrers(of digest: Digest) async throws -> [Descriptor] { try await store.referrers(of: digest) }
    func listReferrers(of digest: Digest) async throws -> [Referrer] { try await store.listReferrers(of: digest) }
    func tags() async throws -> [Tag] { try await store.tags() }
}
