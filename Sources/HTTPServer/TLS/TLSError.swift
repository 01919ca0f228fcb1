/// An error that makes a certificate and its key unusable.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: String, Hashable, Sendable {
        /// The chain holds no certificate, or one that cannot be read or is too weak.
        case unusableCertificate = "unusable-certificate"
        /// The key cannot be read, or is encrypted.
        case unusableKey = "unusable-key"
        /// The key does not match the certificate.
        case mismatch
        /// OpenSSL has no memory, or rejects its settings.
        case library
    }

    /// The kind of failure.
    package let code: Code
    /// The file that is unusable, and the reason.
    package let message: String

    /// The message.
    package var description: String { message }
}
