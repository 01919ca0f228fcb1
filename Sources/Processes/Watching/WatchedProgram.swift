/// One program from when it is registered until it is reaped, as the watching thread sees it. Never leaves that thread.
final class WatchedProgram {
    typealias Instant = ContinuousClock.Instant

    /// Why we end a program that would run on.
    enum Stop {
        case deadline, outputLimit, cancelled, closed
    }

    /// How far ending it has come.
    enum Phase {
        /// It may run.
        case free
        /// Its group got SIGTERM.
        case terminated
        /// Its group got SIGKILL.
        case killed
    }

    /// What happens to standard output.
    enum OutputUse {
        /// It is the result.
        case collected
        /// It stays in the pipe until somebody reads it, and holds the program back there.
        case read
        /// Nobody wants it any more, and the program must not hang because of that.
        case dropped
    }

    /// From SIGTERM to SIGKILL: enough to remove a lock file, and too short to be noticed by who waits.
    static let grace = Duration.milliseconds(500)
    /// From SIGKILL until the caller is told although the program is not gone: what sleeps in the kernel cannot be killed.
    static let patience = Duration.seconds(1)
    /// How often to look whether a program has ended where no descriptor tells it.
    static let interval = Duration.milliseconds(10)
    /// Longer deadlines count as this one, 136 years: the clock must not overflow.
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

    // What came of it so far.
    var written = 0
    var collected: [UInt8] = []
    var errorOutput = KeptErrorOutput()
    var hasEnded = false
    var isReaped = false
    var stop: Stop?
    var phase = Phase.free
    /// Whether SIGTERM was sent. A second one could disturb who is tidying up.
    var wasAsked = false
    /// When the phase is over, whatever happens; nil when nothing more follows.
    var phaseEnds: Instant?
    /// When to look again whether it has ended, or has announced itself while it is to be ended.
    var nextLook: Instant?
    var outcome: Result<CommandResult, any Error>?

    // Who waits for what.
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

    /// Nothing is left to be done, and nobody will ask.
    var isGone: Bool { isReaped && !isOpen }

    /// When something is to be done although nothing happens.
    var due: Instant? {
        guard let phaseEnds, let nextLook else { return phaseEnds ?? nextLook }
        return min(phaseEnds, nextLook)
    }
}
