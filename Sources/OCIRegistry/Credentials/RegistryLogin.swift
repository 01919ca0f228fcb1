/// A credential, and the place where it was found.
public struct RegistryLogin: Hashable, Sendable, CustomStringConvertible {
    /// The credential.
    public let credential: Credential
    /// The file or the credential helper that it comes from, for messages; nil when it is unknown.
    public let place: String?

    /// The variable that it comes from; nil for logins that `capsule login` and `capsule logout` change.
    let variable: String?

    /// A login.
    public init(_ credential: Credential, place: String? = nil) {
        self.init(credential, place: place, variable: nil)
    }

    init(_ credential: Credential, place: String?, variable: String?) {
        self.credential = credential
        self.place = place
        self.variable = variable
    }

    /// The kind of credential, the user and the place: `user anna from /home/anna/.docker/config.json`.
    public var description: String { "\(credential)" + (place.map { " from \($0)" } ?? "") }
}
