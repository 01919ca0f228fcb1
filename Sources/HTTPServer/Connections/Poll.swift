#if os(Linux)
    internal import CLinux
    internal import Glibc
    internal import Support

    /// An epoll descriptor. Connections are edge-triggered; listeners and the inbox are level-triggered.
    struct Poll: ~Copyable {
        /// An event of one descriptor.
        struct Event {
            let tag: UInt64
            private let what: UInt32

            init(_ event: capsule_poll_event) {
                tag = event.tag
                what = event.what
            }

            var isReadable: Bool { what & UInt32(CAPSULE_POLL_READABLE) != 0 }
            var isWritable: Bool { what & UInt32(CAPSULE_POLL_WRITABLE) != 0 }
            /// True when the client has closed its sending side.
            var isEnded: Bool { what & UInt32(CAPSULE_POLL_ENDED) != 0 }
            /// True when the connection is broken.
            var isBroken: Bool { what & UInt32(CAPSULE_POLL_BROKEN) != 0 }
        }

        /// The maximum number of events at a time.
        private static let width = 64

        private let descriptor: Int32
        private var events = [capsule_poll_event](repeating: capsule_poll_event(), count: width)

        init() throws(ServerError) {
            descriptor = capsule_poll_create()
            guard descriptor >= 0 else {
                throw ServerError(
                    code: .resources, message: "cannot wait for connections: \(SystemError(number: -descriptor).text)")
            }
        }

        deinit { if descriptor >= 0 { _ = close(descriptor) } }

        /// Adds a connection; false when the system call fails.
        func add(connection: Int32, tag: UInt64) -> Bool {
            capsule_poll_add_connection(descriptor, connection, tag) == 0
        }

        func add(listener: Int32, tag: UInt64) -> Bool {
            capsule_poll_add_listener(descriptor, listener, tag) == 0
        }

        func add(inbox: Int32, tag: UInt64) -> Bool { capsule_poll_add_readable(descriptor, inbox, tag) == 0 }

        /// Removes a descriptor; removing one that was not added has no effect.
        func remove(_ other: Int32) { _ = capsule_poll_remove(descriptor, other) }

        /// Waits for events, and returns their number.
        ///
        /// - Parameter milliseconds: the longest wait; nil for no limit.
        mutating func wait(milliseconds: Int?) -> Int {
            let time = milliseconds.map { Int32(clamping: $0) } ?? -1
            let count = unsafe capsule_poll_wait(descriptor, &events, Int32(Self.width), time)
            return max(0, Int(count))
        }

        subscript(index: Int) -> Event { Event(events[index]) }
    }
#endif
