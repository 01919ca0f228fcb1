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

    /// The variables that a helper receives: the locations of its files, sockets and sessions, and no secrets. The helpers of
    /// cloud providers find their credentials in files or in the instance's metadata.
    static let variables = [
        "PATH", "HOME", "USER", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY", "GNUPGHOME", "GPG_TTY", "PASSWORD_STORE_DIR", "DOCKER_CONFIG", "AWS_PROFILE", "AWS_REGION",
        "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR", "HTTPS_PROXY", "NO_PROXY",
        "https_proxy", "no_proxy",
    ]

    /// The time limit for a helper, long enough for a user to unlock a key chain.
    static let deadline: Duration = .seconds(60)

    init(environment: [String: String], runner: any CommandRunner) {
        // A proxy's address with a password is not passed on.
        self.environment = environment.filter { Self.variables.contains($0.key) && !$0.value.contains("@") }
        self.runner = runner
    }

    /// The helper's credential for a server; nil when it has none.
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
            // The protocol has no exit status for a missing credential, only this text on standard output.
            if result.text.contains("credentials not found") { return nil }
            throw OCIError(
                .unauthorized,
                "the credential helper \(program) for \(server) exited with \(result.status); run "
                    + "`echo \(server) | \(program) get` to see why")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output)) else {
            throw OCIError(.unauthorized, "the credential helper \(program) for \(server) sent output that is not JSON")
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
