package import OCI
package import Processes
internal import Support

/// The logins of docker, podman and skopeo, and of their credential helpers.
///
/// In a file, a registry's own helper counts first, then an entry, then the helper for all registries.
package struct DockerCredentials: CredentialSource {
    private let paths: LoginPaths
    private let helpers: CredentialHelpers

    /// Finds the files by the variables of `environment`, and runs credential helpers with `runner`.
    package init(environment: [String: String], runner: any CommandRunner) {
        self.init(paths: LoginPaths(environment: environment), environment: environment, runner: runner)
    }

    init(paths: LoginPaths, environment: [String: String], runner: any CommandRunner) {
        self.paths = paths
        helpers = CredentialHelpers(environment: environment, runner: runner)
    }

    /// The credential of the first place that has one.
    ///
    /// - Throws: as `login(for:)`
    package func credential(for repository: Repository) async throws -> Credential? {
        try await login(for: repository)?.credential
    }

    /// The credential of the first place that has one, and where it is from.
    ///
    /// - Throws: `OCIError.Code.io` for a variable or file that cannot be read, is not JSON or can be written by every user;
    ///   `.unauthorized` for a helper that fails.
    package func login(for repository: Repository) async throws -> RegistryLogin? {
        if let variable = try LoginFile(variableOf: paths), let login = try await login(for: repository, in: variable) {
            return RegistryLogin(login.credential, place: login.place, variable: LoginPaths.variable)
        }
        for path in paths.paths {
            guard let file = try LoginFile(reading: path) else {
                guard !paths.isNamed else {
                    throw OCIError(
                        .io,
                        "\(path), which REGISTRY_AUTH_FILE names, does not exist; correct the variable, or write the file "
                            + "with `capsule login \(repository.registry)`")
                }
                continue
            }
            if let login = try await login(for: repository, in: file) { return login }
        }
        return nil
    }

    /// The states of the files. A file that is replaced through a symbolic link, as a secret on a volume of Kubernetes is, has
    /// another inode.
    package var revision: String { paths.paths.map(FileRevision.of).joined(separator: ",") }

    private func login(for repository: Repository, in file: LoginFile) async throws -> RegistryLogin? {
        let name = LoginName(repository)
        let helper = file.helper(for: name)
        func login(from helper: String) async throws -> RegistryLogin? {
            try await helpers.credential(helper: helper, server: name.server).map {
                RegistryLogin($0, place: CredentialHelpers.place(helper, in: file.path))
            }
        }
        if let helper, helper.isOwn { return try await login(from: helper.name) }
        if let found = try file.credential(for: repository) { return RegistryLogin(found, place: file.path) }
        return if let helper { try await login(from: helper.name) } else { nil }
    }
}
