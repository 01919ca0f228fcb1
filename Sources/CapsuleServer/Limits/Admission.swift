internal import Synchronization

/// Lets so many pieces of work run at a time, and so many more wait in line. Whoever comes after that is sent away at once.
final class Admission: Sendable {
    private struct State {
        var running = 0
        var line: [Int: CheckedContinuation<Bool, Never>] = [:]
        var last = 0
    }

    private let width: Int
    private let queue: Int
    private let state = Mutex(State())

    init(width: Int, queue: Int) {
        self.width = max(1, width)
        self.queue = max(0, queue)
    }

    /// How many wait.
    var waiting: Int { state.withLock { $0.line.count } }

    /// Runs `body` when its turn comes.
    ///
    /// - Parameter always: whether it waits however long the line is: for work that was promised already.
    /// - Throws: `ServiceError.busy` when the line is full, `CancellationError`, and what `body` throws.
    func run<Result>(always: Bool = false, _ body: () async throws -> Result) async throws -> Result {
        try await enter(always)
        defer { leave() }
        try Task.checkCancellation()
        return try await body()
    }

    private enum Entry {
        case free
        case full
        case waits(Int)
    }

    private func enter(_ always: Bool) async throws {
        let entry: Entry = state.withLock { state in
            if state.running < width {
                state.running += 1
                return .free
            }
            guard always || state.line.count < queue else { return .full }
            state.last += 1
            return .waits(state.last)
        }
        switch entry {
        case .free: return
        case .full: throw ServiceError.busy
        case .waits(let number):
            let admitted = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in wait(number, continuation) }
            } onCancel: {
                state.withLock { $0.line.removeValue(forKey: number) }?.resume(returning: false)
            }
            guard admitted else { throw CancellationError() }
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let answer: Bool? = state.withLock { state in
            if Task.isCancelled { return false }
            // Somebody may have left since the line was joined.
            if state.running < width {
                state.running += 1
                return true
            }
            state.line[number] = continuation
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func leave() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            // Whoever has waited longest; the line is short enough to look through.
            if let first = state.line.keys.min() { return state.line.removeValue(forKey: first) }
            state.running -= 1
            return nil
        }
        next?.resume(returning: true)
    }
}
