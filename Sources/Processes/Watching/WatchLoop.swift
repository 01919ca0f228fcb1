internal import CSpawn

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The watching thread: waits for the pipes and the ends of all programs, moves what they read and print, ends what is to be
/// ended, and reaps. All of its state belongs to this one thread.
///
/// It waits with `poll`, which is the same on every system; with so few descriptors epoll gains nothing.
final class WatchLoop {
    /// Programs that are run at a time; the rest wait. A run holds up to four descriptors, of the 1,024 that a process
    /// commonly may have, and more programs at once only take the processors from each other. Conversations do not count, for
    /// who holds one may run other programs meanwhile, and would wait for itself.
    static let maximumRuns = 64
    /// Read at a time: what a pipe holds.
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
        var polls = [pollfd(fd: watcher.wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        var owners: [(program: WatchedProgram, source: WatchedProgram.Source)] = []
        for program in programs.values {
            for (source, descriptor) in program.interests {
                polls.append(
                    pollfd(
                        fd: descriptor.number, events: Int16(source == .input ? POLLOUT : POLLIN), revents: 0))
                owners.append((program, source))
            }
        }
        let count = unsafe poll(&polls, nfds_t(polls.count), timeout)
        if count > 0 {
            for (poll, owner) in zip(polls.dropFirst(), owners) where poll.revents != 0 {
                owner.program.isReady(owner.source, &scratch, at: clock.now)
            }
            if polls[0].revents != 0 { watcher.takeMessages().forEach(take) }
        } else if count < 0, errno != EINTR {
            // Out of memory; it must not become a busy loop.
            _ = usleep(10_000)
        }
        let now = clock.now
        for program in programs.values {
            if let due = program.due, due <= now {
                if !program.isStarted { hearAnnouncements() }
                program.tick(at: now)
            }
            // Its start must not hang after everybody has left.
            if program.stop != nil, !program.isStarted, !program.isReaped, starter.withdraw(program.number) {
                program.wasWithdrawn()
            }
            program.settle(at: now)
            if program.isGone { programs[program.number] = nil }
        }
        startWaiting()
    }

    /// Milliseconds until something is due, rounded up; -1 when nothing is.
    private var timeout: Int32 {
        guard let due = programs.values.compactMap(\.due).min() else { return -1 }
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
            hearAnnouncements()
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
            if !program.isStarted { hearAnnouncements() }
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

    /// Registered before it is started: from now on it has a deadline, can be cancelled, and is ended wherever it hangs.
    private func start(_ program: WatchedProgram) {
        programs[program.number] = program
        program.isBeingStarted(at: clock.now)
        starter.start(program.number, program.command)
    }

    /// Learns the processes of starts that are not over.
    private func hearAnnouncements() {
        let size = MemoryLayout<capsule_announcement>.size
        while case .moved(let count) = starter.announcements.reading.read(
            into: &scratch, atMost: scratch.count / size * size)
        {
            // Each is written at once, and a pipe keeps so short a piece together.
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
