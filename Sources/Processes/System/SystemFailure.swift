#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A failed system call, by its `errno`. It does not leave this module.
struct SystemFailure: Error {
    let number: Int32

    /// The system's text for it: `No such file or directory`.
    var text: String { unsafe String(cString: strerror(number)) }
}
