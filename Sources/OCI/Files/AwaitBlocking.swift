internal import Dispatch

/// Runs a call that may block for seconds (`fsync` of a large file) on a thread of its own, so that it does not take one
/// of the few threads on which all tasks run.
func awaitBlocking<Failure: Error>(_ call: @escaping @Sendable () throws(Failure) -> Void) async throws(Failure) {
    let result: Result<Void, Failure> = await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: Result(catching: call)) }
    }
    try result.get()
}
