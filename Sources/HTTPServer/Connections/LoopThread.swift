#if os(Linux)
    internal import Glibc

    /// Starts threads. The only place where a function of this module is called by the system.
    enum LoopThread {
        private final class Work: Sendable {
            let run: @Sendable () -> Void

            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }

        /// Runs `body` on a thread of its own that takes no signals: they are for the program's other threads.
        ///
        /// Sound: the closure crosses into C as a retained reference, which the new thread takes over, once; when there is no
        /// thread, it is given back here.
        ///
        /// - Throws: `ServerError` when the system has no thread left; then `body` is not called.
        static func start(_ body: @escaping @Sendable () -> Void) throws(ServerError) {
            var (all, before) = (sigset_t(), sigset_t())
            unsafe sigfillset(&all)
            let isBlocked = unsafe pthread_sigmask(SIG_SETMASK, &all, &before) == 0
            defer { if isBlocked { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) } }
            let work = unsafe Unmanaged.passRetained(Work(body))
            var thread = pthread_t()
            let result = unsafe pthread_create(
                &thread, nil,
                { argument in
                    if let argument = unsafe argument {
                        unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                    }
                    return nil
                }, work.toOpaque())
            guard result == 0 else {
                unsafe work.release()
                throw ServerError(code: .resources, message: "cannot start a thread: \(systemText(result))")
            }
            _ = pthread_detach(thread)
        }
    }
#endif
