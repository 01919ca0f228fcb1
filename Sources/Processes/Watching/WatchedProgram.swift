/// The watching thread's state of one program, from its registration until it is reaped. It never leaves that thread.
final class WatchedProgram {
    typealias Instant = ContinuousClock.Instant

    /// The reason for ending a running program.
    enum Stop {
        case deadline, outputLimit, cancelled, closed
    }

    /// The phase of ending a program.
    enum Phase {
        /// The program may run.
        case free
        /// Its group got SIGTERM.
        case terminated
        /// Its group got SIGKILL.
        case killed
    }

    /// The use of standard output.
    enum OutputUse {
        /// It is the result.
        case collected
        /// It stays in the pipe until it is read, and holds the program back.
        case read
        /// It is discarded, so that the program does not block.
        case dropped
    }

    /// The time from SIGTERM to SIGKILL: enough to remove a lock file.
    static let grace = Duration.milliseconds(500)
    /// The time from SIGKILL until the caller is resumed regardless: a process that sleeps in the kernel cannot be killed.
    static let patience = Duration.seconds(1)
    /// The interval for checking whether a program has ended, where there is no exit descriptor.
    static let interval = Duration.milliseconds(10)
    /// The time for which a program that prints much is not watched, so that it fills its pipe. It prints object by object or
    /// line by line, and waking this thread for each of them takes more time than the program does.
    static let rest = Duration.milliseconds(1)
    /// The capacity of the pipe of such a program in bytes: what fast programs print meanwhile.
    static let wideCapacity: Int32 = 512 << 10
    /// The most memory that is reserved for standard output in bytes: more than a package has.
    static let maximumReserve = 72 << 20
    /// The longest deadline, 136 years: the clock must not overflow.
    static let longestDeadline = Duration.seconds(1 << 32)

    let number: UInt64
    let command: PreparedCommand
    let isConversation: Bool
    var outputUse: OutputUse

    // The process and our ends of its pipes. It is known before `isStarted`, when it announced itself.
    var process: Int32?
    var isStarted = false
    var exit: Descriptor?
    var input: Descriptor?
    var output: Descriptor?
    var error: Descriptor?

    // The results so far.
    var written = 0
    var collected: [UInt8] = []
    var errorOutput = ErrorOutputBuffer()
    var hasEnded = false
    var isReaped = false
    var stop: Stop?
    var phase = Phase.free
    /// True when SIGTERM was sent. A second one could disturb the clean-up.
    var hasSentSIGTERM = false
    /// The end of the phase; nil when no other follows.
    var phaseEnds: Instant?
    /// The time of the next check whether it has ended or, while it is being ended, has announced itself.
    var nextCheck: Instant?
    /// The time until which standard output is not read, unless the program ends.
    var outputRests: Instant?
    var outcome: Result<CommandResult, any Error>?

    // The waiting callers.
    var resultWaiter: CheckedContinuation<CommandResult, any Error>?
    var openWaiter: CheckedContinuation<Void, any Error>?
    var closeWaiter: CheckedContinuation<Void, Never>?
    var reading: (limit: Int, waiter: CheckedContinuation<[UInt8], any Error>)?
    var writing: (bytes: [UInt8], done: Int, waiter: CheckedContinuation<Void, any Error>)?
    /// A conversation stays registered until it is closed.
    var isOpen: Bool

    init(_ number: UInt64, _ command: PreparedCommand, waiter: CheckedContinuation<CommandResult, any Error>) {
        self.number = number
        self.command = command
        isConversation = false
        outputUse = .collected
        isOpen = false
        resultWaiter = waiter
    }

    init(_ number: UInt64, _ command: PreparedCommand, opening waiter: CheckedContinuation<Void, any Error>) {
        self.number = number
        self.command = command
        isConversation = true
        outputUse = .read
        isOpen = true
        openWaiter = waiter
    }

    /// True when the program was reaped and its conversation is closed.
    var isGone: Bool { isReaped && !isOpen }

    /// The time of the next action without an event.
    var due: Instant? {
        [phaseEnds, nextCheck, outputRests].compactMap { $0 }.min()
    }
}
