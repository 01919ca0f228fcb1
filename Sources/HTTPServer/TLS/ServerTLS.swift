internal import COpenSSL

/// A certificate with its chain and its key, ready for any number of connections.
///
/// TLS 1.2 or newer, without renegotiation, compression and resumption; ALPN accepts only `http/1.1`.
/// A session keeps the certificate that it was opened with. A renewed certificate is another `ServerTLS`.
package final class ServerTLS: Sendable {
    // Addresses rather than pointers, which are not `Sendable`. An `SSL_CTX` counts its references atomically, and may
    // create sessions on several threads at once while it is not changed: nothing changes it after `init`. Each session
    // retains this object, so `deinit` releases the context once and after the last session.
    private let context: UInt
    /// The time at which the first certificate of the chain ends, in seconds since 1970; nil when it cannot be read.
    package let notAfter: Int64?
    // One method for the whole program, which is never changed or freed: OpenSSL has numbers for about a hundred
    // methods.
    private static let method = unsafe UInt(bitPattern: capsule_tls_socket_method())

    /// Loads a chain and a key.
    ///
    /// - Parameters:
    ///   - certificateChain: PEM: the server's certificate, then the intermediate certificates.
    ///   - privateKey: PEM: the key of the first certificate, not encrypted.
    /// - Throws: `TLSError` when they cannot be used, or the key does not match the certificate.
    package init(certificateChain: [UInt8], privateKey: [UInt8]) throws(TLSError) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard Self.method != 0, let context = unsafe SSL_CTX_new(TLS_server_method()) else {
            throw TLSError(code: .library, message: "OpenSSL cannot make a TLS context: \(Self.reason())")
        }
        var end: Int64?
        do throws(TLSError) {
            guard unsafe capsule_tls_configure_server(context) == 1 else {
                throw TLSError(
                    code: .library, message: "OpenSSL refuses TLS 1.2 as the minimum version: \(Self.reason())")
            }
            unsafe SSL_CTX_set_alpn_select_cb(context, TLSCallbacks.chooseProtocol, nil)
            end = try unsafe Self.use(chain: certificateChain, in: context)
            try unsafe Self.use(key: privateKey, in: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        self.context = UInt(bitPattern: context)
        notAfter = end
    }

    deinit { unsafe SSL_CTX_free(OpaquePointer(bitPattern: context)) }

    /// Creates the server's side of a connection over a connected, non-blocking socket; nil when memory is exhausted.
    /// The caller keeps the descriptor and closes it after the session is released.
    package func session(descriptor: Int32) -> TLSSession? {
        ERR_clear_error()
        let raw = unsafe capsule_tls_open(
            OpaquePointer(bitPattern: context), OpaquePointer(bitPattern: Self.method), descriptor)
        guard let raw = unsafe raw else { return nil }
        return unsafe TLSSession(raw, of: self)
    }

    /// Adds a chain, and returns the time at which the first of its certificates ends.
    private static func use(chain: [UInt8], in context: OpaquePointer) throws(TLSError) -> Int64? {
        func unusable() -> TLSError {
            TLSError(code: .unusableCertificate, message: "the chain has no usable certificate: \(reason())")
        }
        var ends: [Int64] = []
        let added = unsafe withMemory(chain) { bio in
            guard let first = unsafe PEM_read_bio_X509_AUX(bio, nil, TLSCallbacks.noPassword, nil) else { return false }
            defer { unsafe X509_free(first) }
            guard unsafe SSL_CTX_use_certificate(context, first) == 1 else { return false }
            unsafe ends.append(capsule_tls_end(first))
            while let next = unsafe PEM_read_bio_X509(bio, nil, TLSCallbacks.noPassword, nil) {
                unsafe ends.append(capsule_tls_end(next))
                guard unsafe capsule_tls_add_to_chain(context, next) == 1 else {
                    unsafe X509_free(next)
                    return false
                }
            }
            return capsule_tls_is_end_of_pem(ERR_peek_last_error()) == 1
        }
        guard added else { throw unusable() }
        ERR_clear_error()
        return ends.filter { $0 >= 0 }.min()
    }

    private static func use(key: [UInt8], in context: OpaquePointer) throws(TLSError) {
        let read = unsafe withMemory(key) { unsafe PEM_read_bio_PrivateKey($0, nil, TLSCallbacks.noPassword, nil) }
        guard let read = unsafe read else {
            throw TLSError(
                code: .unusableKey, message: "the private key cannot be used: \(reason()); it must not be encrypted")
        }
        defer { unsafe EVP_PKEY_free(read) }
        guard unsafe SSL_CTX_use_PrivateKey(context, read) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw TLSError(code: .mismatch, message: "the key does not match the certificate: \(reason())")
        }
    }

    private static func withMemory<Result>(_ bytes: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            // The address of an empty array is nil, and so is its BIO. The functions above accept nil and report that
            // nothing can be read.
            let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
            defer { unsafe BIO_free(bio) }
            return unsafe body(bio)
        }
    }

    /// The text of the library's last error.
    private static func reason() -> String {
        let error = ERR_peek_last_error()
        guard error != 0, let text = unsafe ERR_reason_error_string(error) else { return "it cannot be read" }
        return unsafe String(cString: text)
    }
}
