internal import OCI
internal import Synchronization

/// What a verdict hangs on: a capsule and an image by the digests that their tags have, and what was asked about them. All
/// of it is immutable, so a verdict once given stays true.
struct VerdictKey: Hashable, Sendable {
    let request: VerifyRequest
    let image: Digest
    let capsule: Digest
}

/// Remembers the answers for releases that were verified. A "no" is not kept: what was missing may come.
final class VerdictMemo: Sendable {
    private struct State {
        var answers: [VerdictKey: Answer] = [:]
        var order: [VerdictKey] = []
        var oldest = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = max(1, limit) }

    subscript(key: VerdictKey) -> Answer? { state.withLock { $0.answers[key] } }

    /// Keeps an answer, and forgets the oldest when there are too many.
    func keep(_ answer: Answer, for key: VerdictKey) {
        state.withLock { state in
            guard state.answers.updateValue(answer, forKey: key) == nil else { return }
            guard state.order.count >= limit else { return state.order.append(key) }
            state.answers[state.order[state.oldest]] = nil
            state.order[state.oldest] = key
            state.oldest = (state.oldest + 1) % limit
        }
    }

    var count: Int { state.withLock { $0.answers.count } }
}
