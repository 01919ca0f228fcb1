internal import FoundationEssentials
package import OCI
package import Processes
internal import Support

/// The credentials of `docker login` and `podman login`, and of their credential helpers.
///
/// `REGISTRY_AUTH_FILE` names the only file that is read. Without it, the first of these files with an entry for the
/// registry is used:
/// `$DOCKER_CONFIG/config.json` (`~/.docker/config.json` where the variable is not set) and
/// `$XDG_RUNTIME_DIR/containers/auth.json`.
/// [containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
package struct DockerCredentials: CredentialSource {
    private let files: [(path: String, required: Bool)]
    private let helpers: CredentialHelpers

    /// The largest file that is read.
    static let maximumFileSize = 1 << 20

    /// Finds the files by the variables of `environment`, and runs credential helpers with `runner`.
    package init(environment: [String: String], runner: any CommandRunner) {
        func directory(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let file = directory("REGISTRY_AUTH_FILE") {
            files = [(file, true)]
        } else {
            let docker = directory("DOCKER_CONFIG") ?? directory("HOME").map { "\($0)/.docker" }
            files = [
                docker.map { "\($0)/config.json" }, directory("XDG_RUNTIME_DIR").map { "\($0)/containers/auth.json" },
            ].compactMap { $0 }.map { ($0, false) }
        }
        helpers = CredentialHelpers(environment: environment, runner: runner)
    }

    /// The credential of the first file that has one.
    ///
    /// - Throws: `OCIError.Code.io` for a file that cannot be read or is not JSON, `.unauthorized` for a helper that fails.
    package func credential(for repository: Repository) async throws -> Credential? {
        for (path, required) in files {
            guard let file = try read(path, required: required) else { continue }
            if let credential = try await credential(for: repository, in: file, path: path) { return credential }
        }
        return nil
    }

    private func credential(for repository: Repository, in file: File, path: String) async throws -> Credential? {
        let server = Self.server(of: repository)
        let names = [server, repository.registry]
        if let name = names.lazy.compactMap({ file.credHelpers?[$0] }).first {
            return try await helpers.credential(helper: name, server: server)
        }
        let auths = Dictionary(
            (file.auths ?? [:]).map { (Self.normalized($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        // The longest name wins: a login to host/team counts before one to host.
        var key = "\(Self.normalized(repository.registry))/\(repository.name)"
        while true {
            if let entry = auths[key], let credential = try entry.credential(path: path, key: key) { return credential }
            guard let slash = key.lastIndex(of: "/") else { break }
            key = String(key[..<slash])
        }
        if let name = file.credsStore, !name.isEmpty {
            return try await helpers.credential(helper: name, server: server)
        }
        return nil
    }

    private func read(_ path: String, required: Bool) throws -> File? {
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try SmallFile.read(path, limit: Self.maximumFileSize)
        } catch {
            guard required || FileManager.default.fileExists(atPath: path) else { return nil }
            throw OCIError(.io, "\(path), the file with registry credentials, cannot be read; make it readable")
        }
        guard let bytes, let file = try? JSONDecoder().decode(File.self, from: Data(bytes)) else {
            throw OCIError(.io, "\(path) is not a Docker configuration file; correct it or log in again")
        }
        return file
    }

    /// The name under which Docker stores the credential of a registry. Docker Hub has a legacy name.
    static func server(of repository: Repository) -> String {
        RegistryName.isDockerHub(repository.registry) ? "https://index.docker.io/v1/" : repository.registry
    }

    /// Converts `https://index.docker.io/v1/`, `http://host/` and `host` to one form.
    private static func normalized(_ key: String) -> String {
        var text = key[...]
        for prefix in ["https://", "http://"] where text.hasPrefix(prefix) { text = text.dropFirst(prefix.count) }
        for suffix in ["/v1/", "/v2/", "/v1", "/v2", "/"] where text.hasSuffix(suffix) {
            text = text.dropLast(suffix.count)
            break
        }
        guard let host = text.split(separator: "/").first else { return String(text) }
        return RegistryName.isDockerHub(String(host)) ? "docker.io\(text.dropFirst(host.count))" : String(text)
    }

    private struct File: Decodable {
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private struct Entry: Decodable {
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?

        func credential(path: String, key: String) throws(OCIError) -> Credential? {
            if let identitytoken, !identitytoken.isEmpty { return .identityToken(identitytoken) }
            if let registrytoken, !registrytoken.isEmpty { return .registryToken(registrytoken) }
            if let username, let password, !username.isEmpty { return .basic(user: username, password: password) }
            guard let auth, !auth.isEmpty else { return nil }
            guard let data = Data(base64Encoded: auth), let colon = data.firstIndex(of: UInt8(ascii: ":")) else {
                throw OCIError(
                    .io, "the entry of \(quoted(key)) in \(path) is not base64 of USER:PASSWORD; log in again")
            }
            // Docker pads passwords with NUL in some versions.
            let password = String(decoding: data[data.index(after: colon)...].filter { $0 != 0 }, as: UTF8.self)
            return .basic(user: String(decoding: data[..<colon], as: UTF8.self), password: password)
        }
    }
}
