/// How far reading from or writing to a connection got.
enum Transfer: Equatable {
    /// So many bytes went through.
    case bytes(Int)
    /// The client sends nothing more; it may still read.
    case end
    /// Nothing can be done before the connection is ready again.
    case blocked
    /// The connection is broken.
    case broken
}
