/// What is said to the watching thread. Programs are named by number: who speaks late about one that is gone does no harm.
enum WatcherMessage: Sendable {
    /// Register a program and start it when it is its turn.
    case run(UInt64, PreparedCommand, CheckedContinuation<CommandResult, any Error>)
    /// Register a program to talk with, and start it.
    case open(UInt64, PreparedCommand, CheckedContinuation<Void, any Error>)
    /// A start that was ordered is over.
    case started(UInt64, Result<StartedProgram, StartFailure>)
    case cancel(UInt64)

    /// Some bytes of the output, at most so many; none at its end.
    case read(UInt64, Int, CheckedContinuation<[UInt8], any Error>)
    /// All of these bytes.
    case write(UInt64, [UInt8], CheckedContinuation<Void, any Error>)
    /// Close the input, drop what is still printed, and tell the result.
    case finish(UInt64, CheckedContinuation<CommandResult, any Error>)
    /// End the program if it runs, and say when it is gone.
    case close(UInt64, CheckedContinuation<Void, Never>)
}
