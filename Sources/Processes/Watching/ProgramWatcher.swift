internal import CSpawn
internal import Synchronization

/// What tasks know of the watching thread: an inbox, and a pipe that wakes it.
final class ProgramWatcher: Sendable {
    private let inbox = Mutex<[WatcherMessage]>([])
    private let wake: Pipe
    private let lastNumber = Atomic<UInt64>(0)

    private static let watcher = Mutex<ProgramWatcher?>(nil)

    /// The one of this process, for there is one set of children; its threads are started when it is first needed.
    static func shared() throws -> ProgramWatcher {
        try watcher.withLock { existing in
            if let existing { return existing }
            do {
                let watcher = try ProgramWatcher()
                let starter = try ProgramStarter { number, result in watcher.post(.started(number, result)) }
                // The loop is made on its thread and never leaves it.
                try OwnThread.start("programs-watch") { WatchLoop(watcher: watcher, starter: starter).run() }
                existing = watcher
                return watcher
            } catch let failure as SystemFailure {
                throw CommandError(.failed, "no program can be run: \(failure.text)")
            }
        }
    }

    private init() throws(SystemFailure) {
        let error = capsule_prepare_signals()
        guard error == 0 else { throw SystemFailure(number: error) }
        wake = try Pipe(unblocked: .both)
    }

    /// A name for a program to be.
    func nextNumber() -> UInt64 { lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }

    func post(_ message: WatcherMessage) {
        let isFirst = inbox.withLock { inbox in
            inbox.append(message)
            return inbox.count == 1
        }
        // A full pipe wakes as well.
        if isFirst { _ = wake.writing.write([1], from: 0) }
    }

    /// What the watching thread waits for besides its programs.
    var wakeDescriptor: Int32 { wake.reading.number }

    /// What was posted since the last time.
    func takeMessages() -> [WatcherMessage] {
        var bytes = [UInt8](repeating: 0, count: 64)
        // Emptied before the inbox is: a message that comes in between leaves a byte for the next turn.
        while case .moved = wake.reading.read(into: &bytes) {}
        return inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }

    /// Runs a program to its end.
    func run(_ command: PreparedCommand) async throws -> CommandResult {
        let number = nextNumber()
        return try await cancelling(number) { post(.run(number, command, $0)) }
    }

    /// Posts what a continuation waits for, and, when the task is cancelled, that the program is to be ended.
    ///
    /// A cancellation that comes before the message names a program that nobody knows yet: it is looked at again.
    func cancelling<Answer: Sendable>(
        _ number: UInt64, _ post: (CheckedContinuation<Answer, any Error>) -> Void
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                post(continuation)
                if Task.isCancelled { self.post(.cancel(number)) }
            }
        } onCancel: {
            self.post(.cancel(number))
        }
    }
}
