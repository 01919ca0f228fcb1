/// Runs a call that may block for a while (`fsync` of a large file, decompression) on a separate thread, so that it
/// does not block one of the few threads on which all tasks run.
package func awaitBlocking<Value: Sendable, Failure: Error>(
    _ call: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        do throws(SystemError) {
            try DedicatedThread.start("blocking-call") { continuation.resume(returning: Result(catching: call)) }
        } catch {
            // The system cannot start another thread: the call is carried out on this one, and other tasks wait.
            continuation.resume(returning: Result(catching: call))
        }
    }
    return try result.get()
}
