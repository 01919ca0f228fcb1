internal import COpenSSL

/// Recognizes X.509 certificates. Their content is not judged: that is the TLS library's work.
package enum CertificateEncoding {
    /// True when `der` is one certificate, as OpenSSL reads and would write it, and nothing behind it.
    ///
    /// [RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)
    package static func isCertificate(_ der: [UInt8]) -> Bool {
        unsafe isCertificate(der, d2i_X509) { unsafe i2d_X509($0, $1) }
    }

    /// True when `der` is a certificate that OpenSSL's `TRUSTED CERTIFICATE` may add its own data to.
    package static func isTrustedCertificate(_ der: [UInt8]) -> Bool {
        unsafe isCertificate(der, d2i_X509_AUX) { unsafe i2d_X509_AUX($0, $1) }
    }

    private static func isCertificate(
        _ der: [UInt8],
        _ decode: (
            UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int
        ) -> OpaquePointer?,
        _ encode: (OpaquePointer, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) -> Bool {
        // The reason must not be reported for a later failure.
        defer { ERR_clear_error() }
        var next: UnsafePointer<UInt8>?
        return unsafe der.withUnsafeBufferPointer { buffer in
            unsafe next = buffer.baseAddress
            guard let certificate = unsafe decode(nil, &next, buffer.count) else { return false }
            defer { unsafe X509_free(certificate) }
            // OpenSSL reads BER; what it would write otherwise is not DER.
            guard unsafe Int(encode(certificate, nil)) == buffer.count else { return false }
            return unsafe OpenSSL.encode { unsafe encode(certificate, $0) } == der
        }
    }
}
