internal import Support

/// The files in which docker, podman and skopeo keep logins.
///
/// `REGISTRY_AUTH_FILE` names the only file that is read. Without it, these are read, and the first with an entry for the
/// registry counts: docker's, which `capsule login` writes, and then podman's in podman's order.
/// [containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
struct LoginPaths: Sendable {
    /// The files to read, in their order.
    let paths: [String]
    /// True when the first file must exist.
    let isNamed: Bool
    /// The file that a login is written to; nil when the environment names none.
    var written: String? { isNamed || hasDocker ? paths.first : nil }

    private let hasDocker: Bool

    /// - Parameter perUser: the directory that podman uses without `XDG_RUNTIME_DIR`, with a directory for each user.
    init(environment: [String: String], perUser: String = "/run/containers") {
        func directory(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let file = directory("REGISTRY_AUTH_FILE") {
            paths = [file]
            isNamed = true
            hasDocker = false
            return
        }
        let home = directory("HOME")
        let docker = directory("DOCKER_CONFIG") ?? home.map { "\($0)/.docker" }
        let runtime = directory("XDG_RUNTIME_DIR").map { "\($0)/containers" } ?? "\(perUser)/\(SystemCall.user)"
        let configuration = (directory("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" }).map { "\($0)/containers" }
        paths =
            [docker.map { "\($0)/config.json" }, "\(runtime)/auth.json", configuration.map { "\($0)/auth.json" }]
            .compactMap { $0 }
        isNamed = false
        hasDocker = docker != nil
    }
}
