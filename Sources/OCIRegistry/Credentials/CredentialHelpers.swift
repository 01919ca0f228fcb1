internal import Documents
internal import FoundationEssentials
internal import OCI
internal import Processes
internal import Support

/// Runs `docker-credential-NAME`.
///
/// [Docker's protocol](https://github.com/docker/docker-credential-helpers#development)
struct CredentialHelpers: Sendable {
    private let environment: [String: String]
    private let runner: any CommandRunner

    /// The variables that no helper receives: the passwords of signing keys. Everything else is passed on as docker does:
    /// helpers of cloud providers read `AWS_*`, `AZURE_*`, `GOOGLE_*`, tokens of CI systems, and the proxy's variables.
    static let withheld: Set<String> = ["CAPSULE_KEY_PASSWORD", "COSIGN_PASSWORD"]

    /// The time limit for a helper, long enough for a user to unlock a key chain.
    static let deadline: Duration = .seconds(60)

    init(environment: [String: String], runner: any CommandRunner) {
        self.environment = environment.filter { !Self.withheld.contains($0.key) }
        self.runner = runner
    }

    /// A helper that a file names, for messages.
    static func place(_ helper: String, in path: String) -> String { "\(program(helper)), which \(path) names" }

    /// The helper's credential for a server; nil when it has none.
    ///
    /// - Throws: `OCIError.Code.unauthorized` when the helper fails.
    func credential(helper: String, server: String) async throws -> Credential? {
        let result = try await run(helper, "get", server: server, input: Array(server.utf8))
        guard result.succeeded else {
            guard !Self.isMissing(result) else { return nil }
            throw OCIError(
                .unauthorized,
                "the credential helper \(Self.program(helper)) for \(server) exited with \(result.status); run "
                    + "`echo \(server) | \(Self.program(helper)) get` to see why")
        }
        guard let output = try? JSONDecoder().decode(Output.self, from: Data(result.output)) else {
            throw OCIError(
                .unauthorized,
                "the credential helper \(Self.program(helper)) for \(server) sent output that is not JSON")
        }
        guard !output.Secret.isEmpty else { return nil }
        return output.Username == "<token>"
            ? .identityToken(output.Secret) : .basic(user: output.Username, password: output.Secret)
    }

    /// Stores a password.
    ///
    /// - Throws: `OCIError.Code.io` when the helper fails.
    func store(helper: String, server: String, user: String, password: String) async throws {
        let input: JSONValue = [
            "ServerURL": .string(server), "Username": .string(user), "Secret": .string(password),
        ]
        let result = try await run(helper, "store", server: server, input: Array(input.compactText.utf8))
        guard result.succeeded else { throw failure(helper, "store", server, result) }
    }

    /// Erases the credential for a server.
    ///
    /// - Throws: `OCIError.Code.io` when the helper fails.
    func erase(helper: String, server: String) async throws {
        let result = try await run(helper, "erase", server: server, input: Array(server.utf8))
        guard result.succeeded || Self.isMissing(result) else { throw failure(helper, "erase", server, result) }
    }

    private func run(_ helper: String, _ action: String, server: String, input: [UInt8]) async throws -> CommandResult {
        // The name becomes part of a program's name: no path, no option.
        guard !helper.isEmpty, helper.utf8.allSatisfy({ HeaderScanner.isTokenByte($0) }), !helper.hasPrefix(".") else {
            throw OCIError(.io, "\(quoted(helper)) is not the name of a credential helper; correct the login file")
        }
        do {
            return try await runner.run(
                Command(
                    Self.program(helper), [action], environment: environment, input: input, outputLimit: 1 << 20,
                    deadline: Self.deadline))
        } catch let error as CommandError {
            throw OCIError(
                .unauthorized,
                "the credential helper \(Self.program(helper)) for \(server) failed (\(error.code.rawValue)); "
                    + "install or repair it, or log in again", cause: error)
        }
    }

    private func failure(_ helper: String, _ action: String, _ server: String, _ result: CommandResult) -> OCIError {
        OCIError(
            .io,
            "the credential helper \(Self.program(helper)) does not \(action) the login to \(server): it exited with "
                + "\(result.status). Some helpers only read the logins of a cloud account; else run "
                + "`\(Self.program(helper)) list` to see why")
    }

    /// True when a helper says that it has no credential: the protocol has no exit status for that, only this text on standard
    /// output.
    private static func isMissing(_ result: CommandResult) -> Bool { result.text.contains("credentials not found") }

    /// The program of a helper.
    static func program(_ helper: String) -> String { "docker-credential-\(helper)" }

    private struct Output: Decodable {
        var Username: String
        var Secret: String
    }
}
