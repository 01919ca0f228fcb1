#if os(Linux)
    internal import CLinux
    internal import Glibc
    internal import Support
    internal import Synchronization

    /// The messages to a loop from other threads: responses of tasks, and the call to stop. A message wakes the loop.
    final class Inbox: Sendable {
        enum Message: Sendable {
            /// The response for a connection, which may be closed by now.
            case answer(tag: UInt64, Response)
            /// Accept no more connections, and close idle ones; requests that have begun get `grace` to complete.
            case stop(grace: Duration)
        }

        /// Readable when there are messages.
        let descriptor: Int32
        private let messages = Mutex<[Message]>([])

        init() throws(ServerError) {
            descriptor = capsule_wake_create()
            guard descriptor >= 0 else {
                throw ServerError(code: .resources, message: "cannot serve: \(SystemError(number: -descriptor).text)")
            }
        }

        // Tasks hold the inbox, so that none of them writes to a descriptor that was closed and reused.
        deinit { if descriptor >= 0 { _ = close(descriptor) } }

        func put(_ message: Message) {
            let isFirst = messages.withLock { messages in
                messages.append(message)
                return messages.count == 1
            }
            if isFirst { capsule_wake(descriptor) }
        }

        /// All messages; the inbox is empty afterwards.
        func take() -> [Message] {
            capsule_wake_clear(descriptor)
            return messages.withLock { messages in
                defer { messages = [] }
                return messages
            }
        }
    }
#endif
