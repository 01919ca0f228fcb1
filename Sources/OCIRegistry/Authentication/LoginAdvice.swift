/// What to do about a login, in messages.
struct LoginAdvice {
    /// The registry, as `host[:port]`.
    let registry: String
    /// The login that was used; nil for none.
    var login: RegistryLogin?

    /// For a request without a login.
    var missing: String { "run `capsule login \(registry)`" }

    /// For a login that may not do what was requested.
    var denied: String {
        if let variable = login?.variable { return "put an account that has access into \(variable), or unset it" }
        return "run `capsule login \(registry)` with an account that has access"
    }

    /// For a login that was rejected. A registry may reject an old login even for repositories that are public.
    var rejected: String {
        login?.variable == nil ? "\(denied), or `capsule logout \(registry)` to use no login" : denied
    }
}
