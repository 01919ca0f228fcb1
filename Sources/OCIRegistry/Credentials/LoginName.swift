internal import OCI

/// The names of a registry in login files and for credential helpers.
struct LoginName: Sendable {
    /// The registry, as in names of repositories.
    let registry: String

    init(_ repository: Repository) { registry = repository.registry }

    /// The name under which docker stores the login. Docker Hub has a legacy name.
    var server: String { RegistryName.isDockerHub(registry) ? "https://index.docker.io/v1/" : registry }

    /// The name to compare with others.
    var normalized: String { Self.normalized(registry) }

    /// Converts `https://index.docker.io/v1/`, `http://host/` and `host` to one form.
    static func normalized(_ key: String) -> String {
        var text = key[...]
        for prefix in ["https://", "http://"] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        for suffix in ["/v1/", "/v2/", "/v1", "/v2", "/"] where text.hasSuffix(suffix) {
            text = text.dropLast(suffix.count)
            break
        }
        guard let host = text.split(separator: "/").first else { return String(text) }
        return RegistryName.isDockerHub(String(host)) ? "docker.io\(text.dropFirst(host.count))" : String(text)
    }
}
