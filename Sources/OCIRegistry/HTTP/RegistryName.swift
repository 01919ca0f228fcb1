internal import OCI

/// The API hosts and repository names of registries.
enum RegistryName {
    /// True for the names of Docker Hub, whose API has another host name.
    static func isDockerHub(_ registry: String) -> Bool {
        ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(registry)
    }

    /// The `host[:port]` of a registry's API.
    static func apiHost(_ registry: String) -> String {
        isDockerHub(registry) ? "registry-1.docker.io" : registry
    }

    /// The name of a repository in API paths: on Docker Hub, one-segment names are below `library`.
    static func apiName(_ repository: Repository) -> String {
        isDockerHub(repository.registry) && !repository.name.contains("/")
            ? "library/\(repository.name)" : repository.name
    }
}
