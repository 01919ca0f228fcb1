/// Why a certificate and its key cannot be used.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    package enum Code: String, Hashable, Sendable {
        /// The chain holds no certificate, or one that cannot be read or is too weak.
        case unusableCertificate = "unusable-certificate"
        /// The key cannot be read, or is encrypted.
        case unusableKey = "unusable-key"
        /// The key belongs to another certificate.
        case mismatch
        /// The library has no memory, or refuses its settings.
        case library
    }

    /// What kind of failure it is.
    package let code: Code
    /// What is wrong with which of the two.
    package let message: String

    /// The message.
    package var description: String { message }
}
