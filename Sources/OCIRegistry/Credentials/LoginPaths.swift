internal import Support

/// The places in which docker, podman and skopeo keep logins.
///
/// `REGISTRY_AUTH_FILE` names the only file that is read. Without it, these are read, and the first with an entry for the
/// registry counts: what `DOCKER_AUTH_CONFIG` contains, docker's file, which `capsule login` writes, and then podman's in podman's
/// order.
/// [containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
struct LoginPaths: Sendable {
    /// The variable that contains logins, for CI systems. docker 28.3, crane and cosign read it before any file.
    /// [docker/cli 6008](https://github.com/docker/cli/pull/6008)
    static let variable = "DOCKER_AUTH_CONFIG"

    /// The value of that variable, which takes precedence over all files; nil when it is not read.
    let content: String?
    /// The files to read, in their order.
    let paths: [String]
    /// True when the first file must exist.
    let isNamed: Bool
    /// The file that a login is written to; nil when the environment names none.
    var written: String? { isNamed || hasDocker ? paths.first : nil }

    private let hasDocker: Bool

    /// - Parameter perUser: the directory that podman uses without `XDG_RUNTIME_DIR`, with a directory for each user.
    init(environment: [String: String], perUser: String = "/run/containers") {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let file = value("REGISTRY_AUTH_FILE") {
            content = nil
            paths = [file]
            isNamed = true
            hasDocker = false
            return
        }
        content = value(Self.variable)
        let home = value("HOME")
        let docker = value("DOCKER_CONFIG") ?? home.map { "\($0)/.docker" }
        let runtime = value("XDG_RUNTIME_DIR").map { "\($0)/containers" } ?? "\(perUser)/\(SystemCall.user)"
        let configuration = (value("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" }).map { "\($0)/containers" }
        paths =
            [docker.map { "\($0)/config.json" }, "\(runtime)/auth.json", configuration.map { "\($0)/auth.json" }]
            .compactMap { $0 }
        isNamed = false
        hasDocker = docker != nil
    }
}
