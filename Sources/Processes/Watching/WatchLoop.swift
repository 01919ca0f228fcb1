internal import CSpawn

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The loop of the watching thread: waits for the pipes and exits of all programs, moves their input and output, ends programs
/// and reaps them. All of its state belongs to this thread.
///
/// It uses `poll`, which every system has; with so few descriptors epoll gains nothing.
final class WatchLoop {
    /// The limit for concurrent programs; further ones wait. A run uses up to four descriptors of the usual limit of 1,024, and
    /// more programs only compete for the processors. Conversations do not count: a task that holds one may run other programs,
    /// and would wait for itself.
    static let maximumRuns = 64
    /// The size of one read: the capacity of a pipe.
    private static let scratchSize = 64 << 10

    private let watcher: ProgramWatcher
    private let starter: ProgramStarter
    private let clock = ContinuousClock()
    private var waiting: [WatchedProgram] = []
    private var programs: [UInt64: WatchedProgram] = [:]
    private var scratch = [UInt8](repeating: 0, count: scratchSize)

    init(watcher: ProgramWatcher, starter: ProgramStarter) {
        self.watcher = watcher
        self.starter = starter
    }

    /// Runs as long as the process does.
    func run() {
        while true { turn() }
    }

    private func turn() {
        var interests: [WatchedProgram.Interest] = []
        let start = clock.now
        for program in programs.values { program.addInterests(to: &interests, at: start) }
        var polls = [pollfd(fd: watcher.wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        for interest in interests {
            let events = Int16(interest.source == .input ? POLLOUT : POLLIN)
            polls.append(pollfd(fd: interest.descriptor.number, events: events, revents: 0))
        }
        let count = unsafe poll(&polls, nfds_t(polls.count), timeout)
        if count > 0 {
            for (index, interest) in interests.enumerated() where polls[index + 1].revents != 0 {
                interest.program.isReady(interest.source, &scratch, at: clock.now)
            }
            if polls[0].revents != 0 { watcher.takeMessages().forEach(take) }
        } else if count < 0, errno != EINTR {
            // Out of memory: avoid a busy loop.
            _ = usleep(10_000)
        }
        let now = clock.now
        for program in programs.values {
            if let due = program.due, due <= now {
                if !program.isStarted { readAnnouncements() }
                program.tick(at: now)
            }
            // A queued start must not outlive its caller.
            if program.stop != nil, !program.isStarted, !program.isReaped, starter.withdraw(program.number) {
                program.wasWithdrawn()
            }
            program.settle(at: now)
            if program.isGone { programs[program.number] = nil }
        }
        startWaiting()
    }

    /// Milliseconds until the next deadline, rounded up; -1 when there is none.
    private var timeout: Int32 {
        var next: ContinuousClock.Instant?
        for program in programs.values {
            if let due = program.due { next = min(next ?? due, due) }
        }
        guard let due = next else { return -1 }
        let (seconds, attoseconds) = (due - clock.now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        return seconds >= 60 ? 60_000 : Int32(seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func take(_ message: WatcherMessage) {
        switch message {
        case .run(let number, let command, let waiter):
            waiting.append(WatchedProgram(number, command, waiter: waiter))
        case .open(let number, let command, let waiter):
            start(WatchedProgram(number, command, opening: waiter))
        case .started(let number, let result):
            readAnnouncements()
            switch result {
            case .success(let program): programs[number]?.wasStarted(program, at: clock.now)
            case .failure(let failure): programs[number]?.wasNotStarted(failure)
            }
        case .cancel(let number): cancel(number)
        case .read(let number, let limit, let waiter):
            guard let program = programs[number] else { return waiter.resume(throwing: Self.isOver) }
            program.read(limit, waiter, &scratch, at: clock.now)
        case .write(let number, let bytes, let waiter):
            guard let program = programs[number] else { return waiter.resume(throwing: Self.isOver) }
            program.write(bytes, waiter)
        case .finish(let number, let waiter):
            guard let program = programs[number] else { return waiter.resume(throwing: Self.isOver) }
            program.finish(waiter)
        case .close(let number, let waiter):
            guard let program = programs[number] else { return waiter.resume() }
            program.isOpen = false
            guard program.outcome == nil else { return waiter.resume() }
            program.closeWaiter = waiter
            program.end(because: .closed, at: clock.now)
        }
    }

    private func cancel(_ number: UInt64) {
        if let index = waiting.firstIndex(where: { $0.number == number }) {
            waiting.remove(at: index).resultWaiter?.resume(throwing: CancellationError())
        } else if let program = programs[number] {
            if !program.isStarted { readAnnouncements() }
            program.end(because: .cancelled, at: clock.now)
        }
    }

    private func startWaiting() {
        var free = Self.maximumRuns - programs.values.count { !$0.isConversation && $0.outcome == nil }
        while free > 0, !waiting.isEmpty {
            start(waiting.removeFirst())
            free -= 1
        }
    }

    /// Registers and starts a program. It is registered first, so that a start that hangs has a deadline and can be cancelled.
    private func start(_ program: WatchedProgram) {
        programs[program.number] = program
        program.isBeingStarted(at: clock.now)
        starter.start(program.number, program.command)
    }

    /// Reads the processes of starts that have not returned.
    private func readAnnouncements() {
        let size = MemoryLayout<capsule_announcement>.size
        while case .moved(let count) = starter.announcements.reading.read(
            into: &scratch, atMost: scratch.count / size * size)
        {
            // Short writes to a pipe are atomic.
            for start in stride(from: 0, to: count, by: size) {
                let announcement = unsafe scratch.withUnsafeBytes {
                    unsafe $0.loadUnaligned(fromByteOffset: start, as: capsule_announcement.self)
                }
                programs[announcement.number]?.announced(Int32(truncatingIfNeeded: announcement.process))
            }
        }
    }

    private static var isOver: CommandError { CommandError(.failed, "the conversation is over") }
}
