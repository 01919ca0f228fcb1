internal import COpenSSL

/// The functions of this module that OpenSSL calls.
///
/// None of them uses a value of Swift: their input is passed to them for the time of the call, or is constant data of
/// the program. So they may be called on any thread, and after the object that registered them was released.
enum TLSCallbacks {
    /// Returns the error "no password". Without this callback, OpenSSL reads a password from the terminal and waits.
    static let noPassword:
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 =
            { _, _, _, _ in -1 }

    /// The list of supported protocols, in the encoding of
    /// [RFC 7301, section 3.1](https://www.rfc-editor.org/rfc/rfc7301#section-3.1).
    private static let protocols: StaticString = "\u{8}http/1.1"

    /// Selects `http/1.1` for a client that offers it, and ends the handshake with a client that offers only other
    /// protocols ([RFC 7301, section 3.2](https://www.rfc-editor.org/rfc/rfc7301#section-3.2)). The result points into
    /// a literal, which never moves.
    static let chooseProtocol: SSL_CTX_alpn_select_cb_func = { _, choice, length, offered, count, _ in
        let mine = protocols
        var found: UnsafeMutablePointer<UInt8>?
        let result = unsafe SSL_select_next_proto(
            &found, length, mine.utf8Start, UInt32(mine.utf8CodeUnitCount), offered, count)
        unsafe choice?.pointee = UnsafePointer(found)
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
