#if os(Linux)
    internal import CLinux
    internal import Glibc

    /// A connected, non-blocking socket, which is closed with this value.
    struct Socket: ~Copyable {
        let descriptor: Int32

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        // Closing a descriptor that is open frees it whatever it returns.
        deinit { _ = close(descriptor) }

        func receive(into buffer: inout MutableSpan<UInt8>) -> Transfer {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe capsule_socket_receive(descriptor, $0.baseAddress, $0.count)
            }
            return count == 0 ? .end : Self.transfer(count)
        }

        func send(_ bytes: Span<UInt8>) -> Transfer {
            Self.transfer(
                unsafe bytes.withUnsafeBytes { unsafe capsule_socket_send(descriptor, $0.baseAddress, $0.count) })
        }

        /// Closes the sending side. A failure means that the client has left.
        func endOutput() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

        /// Makes the system discard unsent bytes when the socket is closed, and send a reset.
        func resetOnClose() { _ = capsule_socket_reset_on_close(descriptor) }

        private static func transfer(_ result: Int) -> Transfer {
            guard result < 0 else { return .bytes(result) }
            return -result == Int(EAGAIN) || -result == Int(EWOULDBLOCK) ? .blocked : .broken
        }
    }
#endif
