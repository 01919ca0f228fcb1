/// The result of a read from or a write to a connection.
enum Transfer: Equatable {
    /// The number of bytes that were transferred.
    case bytes(Int)
    /// The client has closed its sending side; it may still read.
    case end
    /// The connection is not ready.
    case blocked
    /// The connection is broken.
    case broken
}
