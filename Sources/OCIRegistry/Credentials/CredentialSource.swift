public import OCI

/// Looks up credentials.
public protocol CredentialSource: Sendable {
    /// The credential for a repository; nil to go there anonymously.
    func credential(for repository: Repository) async throws -> Credential?
}

/// Goes everywhere anonymously.
public struct NoCredentials: CredentialSource {
    /// No credentials.
    public init() {}

    /// Always nil.
    public func credential(for repository: Repository) async throws -> Credential? { nil }
}

/// Credentials at hand, by registry (`host` or `host:port`).
public struct FixedCredentials: CredentialSource {
    private let credentials: [String: Credential]

    /// Credentials by registry.
    public init(_ credentials: [String: Credential]) { self.credentials = credentials }

    /// The credential of the repository's registry.
    public func credential(for repository: Repository) async throws -> Credential? {
        credentials[repository.registry]
    }
}
