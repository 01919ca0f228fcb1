/// Runs a call that may block for a while (`fsync` of a large file, decompression) on a thread of its own, so that it does
/// not take one of the few threads on which all tasks run.
package func awaitBlocking<Value: Sendable, Failure: Error>(
    _ call: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        do throws(SystemError) {
            try DedicatedThread.start("blocking-call") { continuation.resume(returning: Result(catching: call)) }
        } catch {
            // The system has no thread left: other tasks wait, but the call is carried out.
            continuation.resume(returning: Result(catching: call))
        }
    }
    return try result.get()
}
