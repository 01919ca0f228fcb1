internal import OCI

/// How registries are reached by their names.
enum RegistryName {
    /// Docker Hub goes by several names; its API is at another one.
    static func isDockerHub(_ registry: String) -> Bool {
        ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(registry)
    }

    /// The `host[:port]` where the API of a registry is.
    static func apiHost(_ registry: String) -> String {
        isDockerHub(registry) ? "registry-1.docker.io" : registry
    }

    /// The name of a repository in API paths: Docker Hub keeps one-segment names under `library`.
    static func apiName(_ repository: Repository) -> String {
        isDockerHub(repository.registry) && !repository.name.contains("/")
            ? "library/\(repository.name)" : repository.name
    }
}
