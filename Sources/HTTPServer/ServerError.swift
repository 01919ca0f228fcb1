/// An error that prevents a server from running.
package struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: String, Hashable, Sendable {
        /// The host cannot be found, or the address cannot be listened on.
        case address
        /// The system has no descriptors, threads or memory left.
        case resources
        /// This operating system has no epoll.
        case unsupported
    }

    /// The kind of failure.
    package let code: Code
    /// The operation that failed, and the reason.
    package let message: String

    /// The message.
    package var description: String { message }
}
