internal import FoundationEssentials
internal import OCI
internal import Processes
internal import Support

/// Runs `docker-credential-NAME get`.
///
/// [Docker's protocol](https://github.com/docker/docker-credential-helpers#development)
struct CredentialHelpers: Sendable {
    private let environment: [String: String]
    private let runner: any CommandRunner

    /// All that a helper sees of the environment: where its own files, sockets and sessions are, and no secrets. The
    /// helpers of the clouds find their credentials in files or from the machine.
    static let variables = [
        "PATH", "HOME", "USER", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY", "GNUPGHOME", "GPG_TTY", "PASSWORD_STORE_DIR", "DOCKER_CONFIG", "AWS_PROFILE", "AWS_REGION",
        "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR", "HTTPS_PROXY", "NO_PROXY",
        "https_proxy", "no_proxy",
    ]

    /// Helpers may unlock a key chain, so a person may have to answer.
    static let deadline: Duration = .seconds(60)

    init(environment: [String: String], runner: any CommandRunner) {
        // A proxy's address may hold a password; then the helper has to do without.
        self.environment = environment.filter { Self.variables.contains($0.key) && !$0.value.contains("@") }
        self.runner = runner
    }

    /// What the helper knows about a server; nil when it knows nothing.
    func credential(helper: String, server: String) async throws -> Credential? {
        // The name becomes part of a program's name: no path, no option.
        guard !helper.isEmpty, helper.utf8.allSatisfy({ HeaderScanner.isTokenByte($0) }), !helper.hasPrefix(".") else {
            throw OCIError(.io, "\(quoted(helper)) is not the name of a credential helper; correct the login file")
        }
        let program = "docker-credential-\(helper)"
        let result: CommandResult
        do {
            result = try await runner.run(
                Command(
                    program, ["get"], environment: environment, input: Array(server.utf8), outputLimit: 1 << 20,
                    deadline: Self.deadline))
        } catch let error as CommandError {
            throw OCIError(
                .unauthorized,
                "the credential helper \(program) for \(server) failed (\(error.code.rawValue)); "
                    + "install or repair it, or log in again", cause: error)
        }
        guard result.succeeded else {
            // The protocol has no status for this, only the words; they come on standard output.
            if result.text.contains("credentials not found") { return nil }
            throw OCIError(
                .unauthorized,
                "the credential helper \(program) for \(server) exited with \(result.status); run "
                    + "`echo \(server) | \(program) get` to see why")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output)) else {
            throw OCIError(.unauthorized, "the credential helper \(program) for \(server) did not answer in JSON")
        }
        guard !answer.Secret.isEmpty else { return nil }
        return answer.Username == "<token>"
            ? .identityToken(answer.Secret) : .basic(user: answer.Username, password: answer.Secret)
    }

    private struct Answer: Decodable {
        var Username: String
        var Secret: String
    }
}
