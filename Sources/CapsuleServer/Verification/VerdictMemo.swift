internal import OCI
internal import Synchronization

/// A yes, and what it hangs on: what was asked, and the digests that its tags had. All of it is immutable, so a verdict once
/// given stays true for as long as the tags name these digests.
struct Verdict: Sendable {
    let request: VerifyRequest
    let image: Digest
    let capsule: Digest
    let answer: Answer
}

/// The bytes of a request's body, to find things by. An array is hashed byte by byte, which takes longer than all the rest.
struct BodyKey: Hashable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// Remembers the answers for releases that were verified, by the bytes that asked: whoever asks the same in the same words is
/// not read again. A "no" is not kept: what was missing may come.
final class VerdictMemo: Sendable {
    private struct State {
        var verdicts: [BodyKey: Verdict] = [:]
        var order: [BodyKey] = []
        var oldest = 0
    }

    /// The most bytes of a body that is remembered: long names and a whole claim are under 3 KiB.
    static let maximumBody = 4 << 10

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = max(1, limit) }

    subscript(body: [UInt8]) -> Verdict? { state.withLock { $0.verdicts[BodyKey(body)] } }

    /// Keeps a verdict, and forgets the oldest when there are too many.
    func keep(_ verdict: Verdict, for body: [UInt8]) {
        guard body.count <= Self.maximumBody else { return }
        let body = BodyKey(body)
        state.withLock { state in
            guard state.verdicts.updateValue(verdict, forKey: body) == nil else { return }
            guard state.order.count >= limit else { return state.order.append(body) }
            state.verdicts[state.order[state.oldest]] = nil
            state.order[state.oldest] = body
            state.oldest = (state.oldest + 1) % limit
        }
    }

    var count: Int { state.withLock { $0.verdicts.count } }
}
