import OCI
import OCIRegistry
import Synchronization

/// A clock whose sleeps return at once.
final class TestClock: RegistryClock {
    private let state: Mutex<(now: Duration, pauses: [Duration])> = Mutex((.zero, []))
    let start: Int64

    init(start: Int64 = 1_767_323_045) { self.start = start }

    var now: Duration { state.withLock { $0.now } }
    var date: Int64 { start + now.components.seconds }
    /// The durations of the sleeps.
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        state.withLock { state in
            state.now += duration
            state.pauses.append(duration)
        }
    }

    func advance(_ duration: Duration) { state.withLock { $0.now += duration } }
}

extension RegistryConfiguration {
    /// A configuration for tests: no waiting, half of every jitter.
    static func test(
        _ clock: TestClock = TestClock(), _ change: (inout RegistryConfiguration) throws -> Void = { _ in }
    ) rethrows -> RegistryConfiguration {
        var configuration = RegistryConfiguration(logger: quietLogger)
        configuration.clock = clock
        configuration.random = { 0.5 }
        try change(&configuration)
        return configuration
    }
}

/// The code of the error that `body` throws; nil when it throws none or another.
func code(_ body: () async throws -> Void) async -> OCIError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? OCIError)?.code
    }
}

/// The error that `body` throws; nil when it throws none or another.
func failure(_ body: () async throws -> Void) async -> OCIError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? OCIError
    }
}
