internal import CSpawn

/// Threads for blocking calls: the cooperative pool has one thread for each core, and a blocking call there stops other tasks.
enum DedicatedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread with a name of at most 15 bytes, on which all signals are blocked.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
        // The only callback of this module that crosses into C. One reference is handed over with the pointer: the thread's
        // function is called exactly once and takes it, or there is no thread and it is taken back here.
        let reference = unsafe Unmanaged.passRetained(Body(body))
        let error = unsafe capsule_start_thread(
            name,
            { context in
                if let context = unsafe context { unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, reference.toOpaque())
        guard error != 0 else { return }
        unsafe reference.release()
        throw SystemFailure(number: error)
    }
}
