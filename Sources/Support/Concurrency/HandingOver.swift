internal import Dispatch
internal import Synchronization

/// Runs `consume` for each value that `produce` hands over, in their order, on another thread, so that two cores share the work.
/// All of them are consumed when this returns.
///
/// - Parameters:
///   - consume: when it throws, it is not called again.
///   - produce: runs on this thread. It calls its argument with each value and the bytes that it holds. That call throws when
///     `consume` has thrown.
/// - Throws: what `consume` throws, else what `produce` throws.
package func handingOver<Value: Sendable, Result>(
    to consume: @escaping @Sendable (Value) throws -> Void,
    _ produce: (_ handOver: (Value, _ size: Int) throws -> Void) throws -> Result
) throws -> Result {
    let handover = Handover(consume)
    do throws(SystemError) {
        try DedicatedThread.start("handover") { handover.run() }
    } catch {
        // The system cannot start another thread.
        return try produce { value, _ in try consume(value) }
    }
    defer { handover.end() }
    var batch: [Value] = []
    var size = 0
    func hand(_ value: Value, _ bytes: Int) throws {
        if size + bytes > Handover<Value>.batchSize {
            try handover.add(batch)
            (batch, size) = ([], 0)
        }
        guard bytes <= Handover<Value>.batchSize else { return try handover.consumeHere(value) }
        batch.append(value)
        size += bytes
    }
    let result = Swift.Result { try produce(hand) }
    try handover.add(batch)
    try handover.wait()
    return try result.get()
}

/// Batches of values on their way from one thread to another.
private final class Handover<Value: Sendable>: Sendable {
    /// The bytes that are handed over at once: enough that the threads rarely wait for each other, and few, because the bytes
    /// of four batches may be in memory. A larger value is consumed on the thread that made it: there is one at a time.
    static var batchSize: Int { 128 << 10 }
    /// The batches that wait or are being consumed.
    private static var width: Int { 2 }

    private struct State {
        var batches: [[Value]] = []
        var failure: (any Error)?
    }

    private let consume: @Sendable (Value) throws -> Void
    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)
    private let free = DispatchSemaphore(value: 0)

    init(_ consume: @escaping @Sendable (Value) throws -> Void) {
        self.consume = consume
        // Not the initial value: Dispatch ends the program when a semaphore is released with less than that.
        for _ in 0..<Self.width { free.signal() }
    }

    /// Consumes batches until `end` is called.
    func run() {
        while true {
            filled.wait()
            let batch = state.withLock { $0.batches.isEmpty ? nil : $0.batches.removeFirst() }
            guard let batch else { return }
            attempt { for value in batch { try consume(value) } }
            free.signal()
        }
    }

    func add(_ batch: [Value]) throws {
        free.wait()
        state.withLock { $0.batches.append(batch) }
        filled.signal()
        try check()
    }

    /// Consumes a value on this thread, after everything that was added.
    func consumeHere(_ value: Value) throws {
        try wait()
        attempt { try consume(value) }
        try check()
    }

    /// Waits until everything that was added is consumed.
    func wait() throws {
        for _ in 0..<Self.width { free.wait() }
        for _ in 0..<Self.width { free.signal() }
        try check()
    }

    /// Ends the other thread.
    func end() { filled.signal() }

    private func attempt(_ body: () throws -> Void) {
        guard state.withLock({ $0.failure == nil }) else { return }
        do { try body() } catch { state.withLock { $0.failure = error } }
    }

    private func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}
