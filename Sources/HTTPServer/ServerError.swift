/// Why a server cannot run.
package struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Code: String, Hashable, Sendable {
        /// The host cannot be found, or the address cannot be listened on.
        case address
        /// The system has no descriptors, threads or memory left for it.
        case resources
        /// This operating system has no epoll.
        case unsupported
    }

    /// What kind of failure it is.
    package let code: Code
    /// What cannot be done, and why.
    package let message: String

    /// The message.
    package var description: String { message }
}
