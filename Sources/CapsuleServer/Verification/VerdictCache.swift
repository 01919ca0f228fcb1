internal import OCI
internal import Synchronization

/// A positive verdict and the inputs that it depends on: the request, the settings, and the digests that its tags resolved to.
/// All of these are immutable, so the verdict is valid for as long as the settings are in force and the tags resolve to these
/// digests.
struct CachedVerdict: Sendable {
    let request: VerifyRequest
    /// The number of the settings.
    let generation: Int
    let image: Digest
    let capsule: Digest
    let response: ServiceResponse
}

/// The bytes of a request's body as a key. `[UInt8]` hashes byte by byte, which would take longer than the rest of the
/// look-up.
struct BodyKey: Hashable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// Caches responses for verified releases by the bytes of the request. Negative verdicts are not cached: the missing
/// evidence may be added later.
final class VerdictCache: Sendable {
    private struct State {
        var verdicts: [BodyKey: CachedVerdict] = [:]
        var order: [BodyKey] = []
        var oldest = 0
    }

    /// The maximum size of a body whose verdict is cached, in bytes: long names and a whole claim are under 3 KiB.
    static let maximumBody = 4 << 10

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = max(1, limit) }

    subscript(body: [UInt8]) -> CachedVerdict? { state.withLock { $0.verdicts[BodyKey(body)] } }

    /// Adds a verdict, and evicts the oldest one above the limit.
    func insert(_ verdict: CachedVerdict, for body: [UInt8]) {
        guard body.count <= Self.maximumBody else { return }
        let body = BodyKey(body)
        state.withLock { state in
            // A verdict of earlier settings is replaced.
            guard state.verdicts.updateValue(verdict, forKey: body) == nil else { return }
            guard state.order.count >= limit else { return state.order.append(body) }
            state.verdicts[state.order[state.oldest]] = nil
            state.order[state.oldest] = body
            state.oldest = (state.oldest + 1) % limit
        }
    }

    var count: Int { state.withLock { $0.verdicts.count } }
}
