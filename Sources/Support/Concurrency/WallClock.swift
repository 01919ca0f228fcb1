#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The time of day. What depends on it takes a function `now` that returns seconds since 1970, and tests pass another.
public enum WallClock {
    /// The clock of this system: seconds since 1970.
    public static let system: @Sendable () -> Int64 = { Int64(time(nil)) }
}
