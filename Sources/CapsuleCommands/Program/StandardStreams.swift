#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard input, output and error.
enum StandardStreams {
    /// Opens the streams that are closed, and ignores SIGPIPE.
    ///
    /// A closed stream is opened on `/dev/null`, in the opposite direction: otherwise the next file that is opened
    /// would become standard output, and output would be written into it. A write to such a stream is a reported
    /// error. Because SIGPIPE is ignored, a reader that closes the pipe causes an error too, and does not end the
    /// program during its work.
    static func secure() {
        for (stream, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(stream, F_GETFD) < 0 {
            // The lowest free descriptor is this one, because those below it are open.
            _ = open("/dev/null", mode)
        }
        signal(SIGPIPE, SIG_IGN)
    }
}
