#if os(Linux)
    internal import CLinux
    internal import Glibc

    /// A connected socket that does not block, closed with this value.
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

        /// Tells the client that nothing more comes. It fails when the client has left, who need not be told then.
        func endOutput() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

        /// Has the system throw away what the client did not take, as soon as the socket is closed.
        func resetOnClose() { _ = capsule_socket_reset_on_close(descriptor) }

        private static func transfer(_ result: Int) -> Transfer {
            guard result < 0 else { return .bytes(result) }
            return -result == Int(EAGAIN) || -result == Int(EWOULDBLOCK) ? .blocked : .broken
        }
    }
#endif
