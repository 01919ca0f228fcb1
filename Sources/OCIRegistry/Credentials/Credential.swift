/// What proves to a registry who we are. Its text never shows the secret.
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

    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
