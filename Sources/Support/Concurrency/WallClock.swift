#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The time of day. Code that depends on it has a parameter `now`, a function that returns seconds since 1970, so that
/// tests can pass another clock.
package enum WallClock {
    /// The clock of this system: seconds since 1970.
    package static let system: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// The clock of this system: milliseconds since 1970.
    package static let milliseconds: @Sendable () -> Int64 = {
        var now = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
        return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }
}
