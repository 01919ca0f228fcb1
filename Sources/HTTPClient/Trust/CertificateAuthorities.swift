/// Certificates of authorities, from a PEM file that was read and looked at once.
///
/// [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)
public struct CertificateAuthorities: Hashable, Sendable {
    let pem: [UInt8]

    /// Reads a PEM file of one certificate or more.
    ///
    /// libcurl would notice a bad file at the first handshake only, and some of what is wrong with one not at all.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`; the reason does not name the file.
    public init(file: String) throws(HTTPFailure) {
        pem = try SmallFile.read(file)
        try PEM.checkCertificates(pem)
    }

    /// Takes the content of such a file.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`
    public init(pem: [UInt8]) throws(HTTPFailure) {
        self.pem = pem
        try PEM.checkCertificates(pem)
    }
}
