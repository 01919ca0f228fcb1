internal import Documents
internal import FoundationEssentials
package import OCI
package import Processes
internal import Support

/// Writes and removes logins where docker keeps them.
///
/// A login goes to the file of `REGISTRY_AUTH_FILE`, else to `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, and with
/// `credHelpers` or `credsStore` in that file to the credential helper. Everything else in the file is kept.
package struct LoginStore: Sendable {
    /// The place of a login that was written.
    package struct Place: Hashable, Sendable {
        /// The login file.
        package let file: String
        /// The program that has the password; nil when the file has it, unencrypted.
        package let helper: String?
    }

    private let paths: LoginPaths
    private let helpers: CredentialHelpers

    /// Finds the files by the variables of `environment`, and runs credential helpers with `runner`.
    package init(environment: [String: String], runner: any CommandRunner) {
        paths = LoginPaths(environment: environment)
        helpers = CredentialHelpers(environment: environment, runner: runner)
    }

    /// Writes the login to the registry of a repository, in place of an earlier one.
    ///
    /// - Throws: `OCIError.Code.io` when the file cannot be read or written, or a helper fails.
    package func store(user: String, password: String, for repository: Repository) async throws -> Place {
        guard let path = paths.written else {
            throw OCIError(
                .io, "neither DOCKER_CONFIG nor HOME is set, so there is no place for a login; set one of them")
        }
        let name = LoginName(repository)
        let found = try LoginFile(reading: path)
        var file = found ?? LoginFile(emptyAt: path)
        guard let helper = file.helper(for: name)?.name else {
            file.set(LoginEntry.json(user: user, password: password), for: name)
            try write(file)
            return Place(file: path, helper: nil)
        }
        try await helpers.store(helper: helper, server: name.server, user: user, password: password)
        // Docker keeps an entry without a password, so that other programs know of the login.
        file.set([:], for: name)
        try write(file)
        return Place(file: path, helper: CredentialHelpers.program(helper))
    }

    /// The variable that has a login to the registry of a repository, which takes precedence over those that this type changes; nil when
    /// there is none.
    ///
    /// - Throws: `OCIError.Code.io` when the variable cannot be read.
    package func variable(for repository: Repository) throws(OCIError) -> String? {
        try LoginFile(variableOf: paths)?.mentions(LoginName(repository)) == true ? LoginPaths.variable : nil
    }

    /// Removes the logins to the registry of a repository, those for single paths included, from every file and helper that
    /// would be read. Returns the places where one was found.
    ///
    /// - Throws: `OCIError.Code.io` when a file cannot be read or written, or a helper fails.
    package func erase(_ repository: Repository) async throws -> [String] {
        let name = LoginName(repository)
        var places: [String] = []
        for path in paths.paths {
            guard var file = try LoginFile(reading: path) else { continue }
            if let helper = file.helper(for: name)?.name,
                try await helpers.credential(helper: helper, server: name.server) != nil
            {
                try await helpers.erase(helper: helper, server: name.server)
                places.append(CredentialHelpers.place(helper, in: path))
            }
            let keys = file.keys(of: name)
            guard !keys.isEmpty else { continue }
            let hasSecrets = file.hasSecrets(keys)
            file.remove(keys)
            try write(file)
            if hasSecrets { places.append(path) }
        }
        return places
    }

    /// Replaces the file. A link is followed, so that the file it leads to is replaced; only the owner can read it.
    private func write(_ file: LoginFile) throws(OCIError) {
        do {
            let target = try SymbolicLink.target(of: file.path)
            guard let place = StagedPath(target) else { throw SystemError.invalid }
            try FileManager.default.createDirectory(
                atPath: place.parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try SmallFile.replace(
                place.name, with: Array(file.text.utf8), in: place.parent, mode: 0o600,
                owner: try? SystemCall.status(of: target))
        } catch let error as SystemError {
            throw OCIError(
                .io, "\(file.path) cannot be written: \(error.text)\(error.advice); the login is not changed there",
                cause: error)
        } catch {
            throw OCIError(.io, "the directory of \(file.path) cannot be made; check its mode", cause: error)
        }
    }
}
