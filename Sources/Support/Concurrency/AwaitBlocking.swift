internal import Dispatch

/// Runs a call that may block for a while (`fsync` of a large file, decompression) on a thread of its own, so that it does
/// not take one of the few threads on which all tasks run.
package func awaitBlocking<Value: Sendable, Failure: Error>(
    _ call: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        // The global queues run on the same few threads as tasks do on Linux; a queue of its own gets a thread at once.
        DispatchQueue(label: "blocking call").async { continuation.resume(returning: Result(catching: call)) }
    }
    return try result.get()
}
