#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard input, output and error as the program finds them when it starts.
enum StandardStreams {
    /// Makes them safe to use.
    ///
    /// What is closed is taken, the wrong way round: else the next file that is opened would be standard output, and what is
    /// printed would be written into it. So printing fails and is told. And a reader that goes away is an error to look at, not
    /// a signal that ends the program in the middle of its work.
    static func secure() {
        for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(stream, F_GETFD) < 0 {
            // The lowest free number is this one, because those below are open.
            _ = open("/dev/null", mode)
        }
        signal(SIGPIPE, SIG_IGN)
    }
}
