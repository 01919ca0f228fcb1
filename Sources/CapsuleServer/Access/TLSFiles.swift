/// The PEM files of a certificate and its key.
package struct TLSFiles: Sendable {
    /// The certificate, followed by the intermediate certificates.
    package var certificateFile: String
    /// The private key of the certificate.
    package var keyFile: String

    /// Creates the pair of files.
    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
