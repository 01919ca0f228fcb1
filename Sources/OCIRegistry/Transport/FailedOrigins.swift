internal import Synchronization

/// The origins whose last request failed without a response. Kept connections to them may be dead too, so the next request
/// is sent over a new one.
final class FailedOrigins: Sendable {
    private let origins = Mutex<Set<Origin>>([])

    func contains(_ origin: Origin) -> Bool { origins.withLock { $0.contains(origin) } }

    func insert(_ origin: Origin) { origins.withLock { _ = $0.insert(origin) } }

    func remove(_ origin: Origin) { origins.withLock { _ = $0.remove(origin) } }
}
