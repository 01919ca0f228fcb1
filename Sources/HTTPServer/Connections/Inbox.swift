#if os(Linux)
    internal import CLinux
    internal import Glibc
    internal import Synchronization

    /// What a loop is told by others: tasks that have an answer, and whoever stops the server. It wakes the loop.
    final class Inbox: Sendable {
        enum Message: Sendable {
            /// The answer to the request of a connection, which may be gone.
            case answer(tag: UInt64, Response)
            /// Take no more connections, and end those that are open: what is under way within `grace`.
            case stop(grace: Duration)
        }

        /// Can be read when there are messages.
        let descriptor: Int32
        private let messages = Mutex<[Message]>([])

        init() throws(ServerError) {
            descriptor = capsule_wake_create()
            guard descriptor >= 0 else {
                throw ServerError(code: .resources, message: "cannot serve: \(systemText(-descriptor))")
            }
        }

        // Tasks that end late hold the inbox, so nobody writes to a descriptor that is somebody else's by then.
        deinit { if descriptor >= 0 { _ = close(descriptor) } }

        func put(_ message: Message) {
            let isFirst = messages.withLock { messages in
                messages.append(message)
                return messages.count == 1
            }
            if isFirst { capsule_wake(descriptor) }
        }

        /// Everything that came.
        func take() -> [Message] {
            capsule_wake_clear(descriptor)
            return messages.withLock { messages in
                defer { messages = [] }
                return messages
            }
        }
    }
#endif
