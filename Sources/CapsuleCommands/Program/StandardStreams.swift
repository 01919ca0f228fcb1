#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard input, output and error.
enum StandardStreams {
    /// Makes the streams safe to use.
    ///
    /// A closed stream is opened on `/dev/null`, in the opposite direction: otherwise the next file that is opened would become
    /// standard output, and output would be written into it. Writing to such a stream is an error that is reported. SIGPIPE is
    /// ignored, so a reader that closes the pipe is an error too, and does not end the program in the middle of its work.
    static func secure() {
        for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(stream, F_GETFD) < 0 {
            // The lowest free number is this one, because those below are open.
            _ = open("/dev/null", mode)
        }
        signal(SIGPIPE, SIG_IGN)
    }
}
