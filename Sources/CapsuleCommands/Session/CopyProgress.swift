internal import CapsuleCore
internal import CapsuleReports
internal import OCI
internal import Support
internal import Synchronization

/// Shows the progress of a copy as one line: `copying 3 of 7, 1.2 of 8.0 MiB`.
final class CopyProgress: Sendable {
    private struct State {
        var items = 0
        var finished = 0
        var bytes: Int64 = 0
        var current: [Digest: Int64] = [:]
        var done: Int64 = 0
    }
    private let state = Mutex(State())
    private let console: Console
    private let verb: String

    init(_ console: Console, verb: String) {
        self.console = console
        self.verb = verb
    }

    func report(_ event: CopyEvent) {
        if case .finished(let descriptor, let outcome) = event {
            console.detail("\(outcome.rawValue) \(descriptor.digest) (\(ByteCount.text(descriptor.size)))")
        }
        guard console.drawsProgress else { return }
        let line = state.withLock { state in
            switch event {
            case .planned(let items, let bytes):
                state.items = items
                state.bytes = bytes
            case .progressed(let descriptor, let bytes):
                state.current[descriptor.digest] = bytes
            case .finished(let descriptor, _):
                state.finished += 1
                state.current[descriptor.digest] = nil
                state.done = state.done.addingClamped(descriptor.size)
            case .tagged:
                break
            }
            let moved = state.current.values.reduce(state.done) { $0.addingClamped($1) }
            return
                "\(verb) \(state.finished) of \(state.items), \(ByteCount.text(moved)) of \(ByteCount.text(state.bytes))"
        }
        console.progress(line)
    }
}
