/// The PEM files of a certificate and its key.
public struct TLSFiles: Sendable {
    /// The certificate, followed by the intermediate certificates.
    public var certificateFile: String
    /// The private key of the certificate.
    public var keyFile: String

    /// Creates the pair of files.
    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
