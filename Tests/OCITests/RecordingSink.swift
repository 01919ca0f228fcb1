import OCI
import Synchronization

/// A sink that writes down what it is told.
final class RecordingSink: ContentSink {
    private struct State {
        var steps: [String] = []
        var running = 0
        var widest = 0
    }
    private let state = Mutex(State())
    private let delay: Duration?
    private let mounts: Bool
    let reference = StoreReference.layout(path: "(recording)")

    init(delay: Duration? = nil, mounts: Bool = false) {
        self.delay = delay
        self.mounts = mounts
    }

    var steps: [String] { state.withLock { $0.steps } }
    var widest: Int { state.withLock { $0.widest } }

    func contains(_ descriptor: Descriptor) async throws -> Bool { false }

    func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        state.withLock { state in
            state.running += 1
            state.widest = max(state.widest, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        if let delay { try await Task.sleep(for: delay) }
        if !mounts || MediaType.isManifest(descriptor.mediaType) {
            _ = try await source.bytes(of: descriptor, limit: descriptor.size)
        }
        state.withLock { $0.steps.append("\(descriptor.digest)") }
    }

    func tag(_ descriptor: Descriptor, as tag: OCI.Tag) async throws {
        state.withLock { $0.steps.append("tag \(tag) \(descriptor.digest)") }
    }
}
