/// What to do about a login, in messages.
struct LoginAdvice {
    /// The registry, as `host[:port]`.
    let registry: String

    /// For a request without a login.
    var missing: String { "run `capsule login \(registry)`" }

    /// For a login that was rejected. An old one also keeps readers out of what everybody may read.
    var rejected: String {
        "run `capsule login \(registry)` with an account that has access, or `capsule logout \(registry)` to go without one"
    }
}
