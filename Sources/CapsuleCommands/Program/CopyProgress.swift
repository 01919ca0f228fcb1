internal import OCI
internal import Synchronization

/// Turns the steps of a copy into one line: `copying 3 of 7, 1.2 of 8.0 MiB`.
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
            console.detail("\(outcome.rawValue) \(descriptor.digest) (\(Self.size(descriptor.size)))")
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
                state.done += descriptor.size
            case .tagged:
                break
            }
            let moved = state.done + state.current.values.reduce(0, +)
            return "\(verb) \(state.finished) of \(state.items), \(Self.size(moved)) of \(Self.size(state.bytes))"
        }
        console.progress(line)
    }

    /// `812 B`, `4.1 KiB`, `36.0 MiB`.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB"] {
            if value < 1024 { return unit == "B" ? "\(bytes) B" : "\(oneDecimal(value)) \(unit)" }
            value /= 1024
        }
        return "\(oneDecimal(value)) GiB"
    }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
