internal import Cryptography

/// The certificate authorities that are trusted at an origin, and the client's own certificate.
package struct HTTPTrust: Hashable, Sendable {
    /// Certificate authorities that are trusted in addition to the system's.
    package var authorities: CertificateAuthorities?
    /// False when only `authorities` are trusted.
    package var includesSystem = true
    /// The certificate for servers that request one.
    package var clientCertificate: ClientCertificate?

    /// Trusts the system's certificate authorities and those given.
    package init(authorities: CertificateAuthorities? = nil, clientCertificate: ClientCertificate? = nil) {
        self.authorities = authorities
        self.clientCertificate = clientCertificate
    }

    /// The system's certificate authorities.
    package static let system = HTTPTrust()
    /// The file of the system's certificate authorities; nil when the system has none.
    package static var systemFile: String? { SystemTrust.bundle }
    /// The content of that file now; empty when there is none.
    package static var systemBundle: [UInt8] { SystemTrust.bundleContent }
}

/// Certificates of authorities, from a PEM file.
///
/// The file is checked when it is read: libcurl would report an invalid file only at the first handshake, and some
/// damage not at all. libcurl receives the checked certificates, without the rest of the file.
///
/// [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)
package struct CertificateAuthorities: Hashable, Sendable {
    /// The certificates in PEM form, without what else their files hold.
    package let pem: [UInt8]
    private let certificates: [[UInt8]]

    /// Reads a PEM file of at least one certificate.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`; the reason does not name the file.
    package init(file: String) throws(HTTPFailure) { try self.init(pem: TrustFile.read(file)) }

    /// Reads the content of such a file.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`
    package init(pem: [UInt8]) throws(HTTPFailure) { self.init(try TrustFile.certificates(in: pem)) }

    /// The authorities of several files, each certificate once.
    package init(joining parts: [CertificateAuthorities]) { self.init(parts.flatMap(\.certificates)) }

    private init(_ certificates: [[UInt8]]) {
        var seen: Set<[UInt8]> = []
        self.certificates = certificates.filter { seen.insert($0).inserted }
        pem = Array(self.certificates.joined())
    }
}

/// The certificate that a client authenticates itself with, and its private key.
package struct ClientCertificate: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let certificates: [UInt8]
    let key: [UInt8]

    /// Reads two PEM files: the certificate, followed by those between it and its authority; and the key, which must not be
    /// encrypted. That the two belong together is checked at the first handshake.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest`; the reason does not name the file.
    package init(certificateFile: String, keyFile: String) throws(HTTPFailure) {
        certificates = Array(try TrustFile.certificates(in: TrustFile.read(certificateFile)).joined())
        key = try TrustFile.privateKey(in: TrustFile.read(keyFile))
    }

    /// A constant text without the key.
    package var description: String { "client certificate" }
    /// An empty reflection, so that no dump shows the key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
