internal import OCI
internal import Synchronization

/// The manifests of releases that the last list of a store has found, and of those that this one finds.
final class ListMemory: Sendable {
    private struct State {
        var manifests: [Tag: RememberedManifest]
        var isChanged: Bool
    }

    private let state: Mutex<State>

    /// - Parameter tags: the tags that exist; what is remembered of others is forgotten.
    init(_ remembered: [RememberedManifest], of tags: [Tag]) {
        let tags = Set(tags)
        let manifests = remembered.filter { tags.contains($0.tag) }.map { ($0.tag, $0) }
        state = Mutex(
            State(
                manifests: Dictionary(manifests) { first, _ in first }, isChanged: manifests.count < remembered.count))
    }

    var manifests: [Tag: RememberedManifest] { state.withLock(\.manifests) }

    /// The manifest that a tag names now; nil when there is no such tag. That which is remembered is not read again.
    func manifest(_ tag: Tag, from source: any ContentSource) async throws -> RawManifest? {
        let last = state.withLock { $0.manifests[tag] }
        switch try await source.manifest(tag, unless: last?.digest) {
        case .unchanged:
            if let known = last?.manifest { return known }
            forget(tag)
            return try await source.manifest(tag)
        case .manifest(let manifest):
            forget(tag)
            return manifest
        case .missing:
            forget(tag)
            return nil
        }
    }

    private func forget(_ tag: Tag) {
        state.withLock { if $0.manifests.removeValue(forKey: tag) != nil { $0.isChanged = true } }
    }

    /// Remembers the manifest of a release.
    func keep(_ manifest: RememberedManifest) {
        state.withLock { state in
            guard state.manifests[manifest.tag]?.digest != manifest.digest else { return }
            state.manifests[manifest.tag] = manifest
            state.isChanged = true
        }
    }

    /// Stores what has changed.
    func save(in source: any ContentSource) async {
        let state = state.withLock { $0 }
        guard state.isChanged else { return }
        await source.remember(state.manifests.values.sorted { $0.tag < $1.tag })
    }
}
