internal import COpenSSL

/// The server side of one TLS connection, over a non-blocking socket.
///
/// A call does not block: it returns the event that it needs to continue, and the caller polls the descriptor and calls again. A
/// session belongs to one thread at a time. After `failed` it must be released.
@safe package final class TLSSession {
    /// The result of a call.
    package enum Step: Equatable, Sendable {
        /// The call completed; the number of bytes that were read or written (0 for a handshake and a shutdown).
        case done(Int)
        /// Call again when the descriptor can be read.
        case wantsRead
        /// Call again when the descriptor can be written to.
        case wantsWrite
        /// Part of the input is handled. Call again after other connections, without waiting for the descriptor.
        case again
        /// The client has closed its sending side. It may still read.
        case closed
        /// The connection is broken, was truncated, or is not TLS.
        case failed
    }

    private let raw: OpaquePointer
    private let tls: ServerTLS

    init(_ raw: OpaquePointer, of tls: ServerTLS) {
        unsafe self.raw = raw
        self.tls = tls
    }

    deinit { unsafe SSL_free(raw) }

    /// True when the handshake is complete.
    package var isEstablished: Bool { unsafe SSL_is_init_finished(raw) == 1 }

    /// Continues the handshake.
    package func handshake() -> Step {
        ERR_clear_error()
        unsafe capsule_tls_begin_call(raw)
        let result = unsafe SSL_do_handshake(raw)
        return result == 1 ? .done(0) : step(result)
    }

    /// Reads as many bytes as fit. An incomplete handshake is continued.
    package func read(into buffer: inout MutableSpan<UInt8>) -> Step {
        ERR_clear_error()
        unsafe capsule_tls_begin_call(raw)
        var count = 0
        let result = unsafe buffer.withUnsafeMutableBytes {
            unsafe SSL_read_ex(raw, $0.baseAddress, $0.count, &count)
        }
        return result == 1 ? .done(count) : step(result)
    }

    /// Writes as many bytes as the socket accepts.
    package func write(_ bytes: Span<UInt8>) -> Step {
        guard !bytes.isEmpty else { return .done(0) }
        ERR_clear_error()
        var count = 0
        let result = unsafe bytes.withUnsafeBytes { unsafe SSL_write_ex(raw, $0.baseAddress, $0.count, &count) }
        return result == 1 ? .done(count) : step(result)
    }

    /// Closes the sending side. Bytes that the client still sends can be read, or discarded.
    package func shutdown() -> Step {
        guard isEstablished else { return .failed }
        ERR_clear_error()
        let result = unsafe SSL_shutdown(raw)
        return result >= 0 ? .done(0) : step(result)
    }

    private func step(_ result: Int32) -> Step {
        defer { ERR_clear_error() }
        switch unsafe SSL_get_error(raw, result) {
        case SSL_ERROR_WANT_READ: return unsafe capsule_tls_has_read_enough(raw) == 1 ? .again : .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .closed
        default: return .failed
        }
    }
}
