#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A call to the system that failed, by its `errno`. It stays in this module.
struct SystemFailure: Error {
    let number: Int32

    /// What the system calls it: `No such file or directory`.
    var text: String { unsafe String(cString: strerror(number)) }
}
