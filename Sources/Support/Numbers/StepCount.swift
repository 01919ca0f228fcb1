#if DEBUG
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #else
        internal import Darwin
    #endif
    internal import Synchronization
#endif

/// Counts the steps of parsers on the current thread, for tests of their complexity. Nothing is counted in optimized builds.
///
/// A step is the inspection of a byte, a token or an element: the work that grows with the length of the input.
package enum StepCount {
    #if DEBUG
        private static let measurements = Atomic<Int>(0)
        private static let key: pthread_key_t = {
            var key = pthread_key_t()
            _ = unsafe pthread_key_create(&key, nil)
            return key
        }()
        private static var current: UInt {
            get { unsafe UInt(bitPattern: pthread_getspecific(key)) }
            set { _ = unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: newValue)) }
        }
    #endif

    #if DEBUG
        /// Counts steps while a test measures them.
        package static func add(_ steps: Int) {
            guard measurements.load(ordering: .relaxed) > 0 else { return }
            current &+= UInt(bitPattern: steps)
        }
    #else
        /// Does nothing. It is inlined in every module, so that parsers do not call it for each byte.
        @inlinable
        package static func add(_ steps: Int) {}
    #endif

    /// Counts one step. Not a default argument, which is computed by a call in each other module.
    @inlinable
    package static func add() { add(1) }

    /// The number of steps that `body` takes on this thread; 0 in optimized builds.
    package static func during<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Int {
        #if DEBUG
            measurements.add(1, ordering: .relaxed)
            defer { measurements.subtract(1, ordering: .relaxed) }
            let before = current
            try body()
            return Int(bitPattern: current &- before)
        #else
            try body()
            return 0
        #endif
    }
}
