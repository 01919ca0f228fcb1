internal import COpenSSL

/// A server's side of one TLS connection, over a socket that does not block.
///
/// Each call does what can be done at once and says what it waits for; the caller polls the descriptor and calls again. A
/// session belongs to one thread at a time. After `failed` it can only be dropped.
@safe package final class TLSSession {
    /// How far a call got.
    package enum Step: Equatable, Sendable {
        /// It is done; so many bytes were read or written (0 for a handshake and for shutting down).
        case done(Int)
        /// Call again when the descriptor can be read.
        case wantsRead
        /// Call again when the descriptor can be written to.
        case wantsWrite
        /// A part of what came is handled. Call again when others had their turn; there need not be more in the descriptor.
        case again
        /// The client has said that it sends nothing more. It may still read.
        case closed
        /// The connection is broken, ended without saying so, or is not TLS.
        case failed
    }

    private let raw: OpaquePointer
    private let tls: ServerTLS

    init(_ raw: OpaquePointer, of tls: ServerTLS) {
        unsafe self.raw = raw
        self.tls = tls
    }

    deinit { unsafe SSL_free(raw) }

    /// Whether the handshake is done.
    package var isEstablished: Bool { unsafe SSL_is_init_finished(raw) == 1 }

    /// Goes on with the handshake.
    package func handshake() -> Step {
        ERR_clear_error()
        unsafe capsule_tls_begin_call(raw)
        let result = unsafe SSL_do_handshake(raw)
        return result == 1 ? .done(0) : step(result)
    }

    /// Reads what has come, as far as it fits. The handshake goes on by itself when it is not done.
    package func read(into buffer: inout MutableSpan<UInt8>) -> Step {
        ERR_clear_error()
        unsafe capsule_tls_begin_call(raw)
        var count = 0
        let result = unsafe buffer.withUnsafeMutableBytes {
            unsafe SSL_read_ex(raw, $0.baseAddress, $0.count, &count)
        }
        return result == 1 ? .done(count) : step(result)
    }

    /// Writes what there is room for: it may be a part.
    package func write(_ bytes: Span<UInt8>) -> Step {
        guard !bytes.isEmpty else { return .done(0) }
        ERR_clear_error()
        var count = 0
        let result = unsafe bytes.withUnsafeBytes { unsafe SSL_write_ex(raw, $0.baseAddress, $0.count, &count) }
        return result == 1 ? .done(count) : step(result)
    }

    /// Says that nothing more is sent. What the client still sends can be read, or thrown away.
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
