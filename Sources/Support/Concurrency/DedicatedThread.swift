#if canImport(Glibc)
    internal import CLinux
    internal import Glibc
#elseif canImport(Musl)
    internal import CLinux
    internal import Musl
#else
    internal import Darwin
#endif

/// Threads for calls that block. All tasks run on as many threads as the machine has cores, and a call that blocks one
/// of these delays other tasks.
package enum DedicatedThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a new thread on which all signals are blocked. The other threads of the program handle signals,
    /// and a write to a closed socket returns an error instead of raising SIGPIPE.
    ///
    /// The closure is passed to C as a retained reference. The function of the thread is called once and takes
    /// ownership; when no thread is started, the reference is released here.
    ///
    /// - Parameter name: the name of the thread in the system's tools, of which Linux keeps 15 bytes.
    /// - Throws: `SystemError` when the system cannot start another thread; `body` is then not called.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        let blocked = unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        guard blocked == 0 else { throw SystemError(number: blocked) }
        // The call fails only for invalid arguments.
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let reference = unsafe Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let error = unsafe pthread_create(&thread, nil, main, reference.toOpaque())
        guard error == 0 else {
            unsafe reference.release()
            throw SystemError(number: error)
        }
        #if canImport(Darwin)
            if let thread = unsafe thread { _ = unsafe pthread_detach(thread) }
        #else
            // The thread is not detached yet, so it still exists. A failure to name it has no other effect.
            _ = unsafe capsule_name_thread(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
            _ = pthread_detach(thread)
        #endif
    }

    #if canImport(Darwin)
        private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
            unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }
    #else
        private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            }
            return nil
        }
    #endif
}
