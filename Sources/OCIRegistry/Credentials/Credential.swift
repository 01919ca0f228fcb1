public import OCI

/// A credential for a registry. Its description never contains the secret.
public enum Credential: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A user name and a password or access token.
    case basic(user: String, password: String)
    /// An OAuth 2 refresh token for the registry's token server.
    case identityToken(String)
    /// A bearer token for the registry itself.
    case registryToken(String)

    /// The kind of credential, and the user where there is one.
    public var description: String {
        switch self {
        case .basic(let user, _): "user \(user)"
        case .identityToken: "identity token"
        case .registryToken: "registry token"
        }
    }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// An empty reflection, so that no dump shows the secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A source of credentials for registries.
public protocol CredentialSource: Sendable {
    /// The credential for a repository; nil for anonymous access.
    func credential(for repository: Repository) async throws -> Credential?

    /// The credential for a repository with the place where it was found, for messages.
    func login(for repository: Repository) async throws -> RegistryLogin?

    /// A text that changes when the files that credentials are read from change. Credentials are then looked up again. It is
    /// read for each request, so it must be cheap.
    var revision: String { get }
}

extension CredentialSource {
    /// The credential for a repository, from an unknown place.
    public func login(for repository: Repository) async throws -> RegistryLogin? {
        try await credential(for: repository).map { RegistryLogin($0) }
    }

    /// A constant, for a source without files.
    public var revision: String { "" }
}

/// Anonymous access to every registry.
package struct NoCredentials: CredentialSource {
    /// No credentials.
    package init() {}

    /// Always nil.
    package func credential(for repository: Repository) async throws -> Credential? { nil }
}

/// A fixed set of credentials, by registry (`host` or `host:port`).
public struct FixedCredentials: CredentialSource {
    private let credentials: [String: Credential]

    /// Credentials by registry.
    public init(_ credentials: [String: Credential]) { self.credentials = credentials }

    /// The credential of the repository's registry.
    public func credential(for repository: Repository) async throws -> Credential? {
        credentials[repository.registry]
    }
}
