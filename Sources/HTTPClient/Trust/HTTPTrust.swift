/// Whom to trust at an origin, and how to show who we are.
public struct HTTPTrust: Hashable, Sendable {
    /// Certificate authorities that are trusted besides the system's.
    public var authorities: CertificateAuthorities?
    /// What to show when the server asks who we are.
    public var clientCertificate: ClientCertificate?

    /// Trusts the system's certificate authorities and those given.
    public init(authorities: CertificateAuthorities? = nil, clientCertificate: ClientCertificate? = nil) {
        self.authorities = authorities
        self.clientCertificate = clientCertificate
    }

    /// The system's certificate authorities.
    public static let system = HTTPTrust()
}
