internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import OCIRegistry

/// `capsule login`
struct LoginCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Store the login to a registry where docker keeps it.",
        discussion: """
            Checks that the registry accepts the login, and then writes it to $REGISTRY_AUTH_FILE, else to \
            $DOCKER_CONFIG/config.json or ~/.docker/config.json, or gives it to the credential helper that this file names. \
            docker, oras and skopeo read it from there.

            Example:
              capsule login registry.example.com
              capsule login ghcr.io --username octo --password-stdin < token
            """)

    @Argument(
        help: ArgumentHelp("The registry: a host, with a port where it has one.", valueName: "host"),
        transform: Parse.registry)
    var registry: Repository

    @Option(help: ArgumentHelp("The user (default: a prompt).", valueName: "name"))
    var username: String?

    @Flag(help: "Read the password or token from stdin (default: a prompt).")
    var passwordStdin = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var registry: String
        var user: String
        var file: String
        var helper: String?
        var checked: Bool
    }

    func validate() throws {
        if passwordStdin, username == nil {
            throw ValidationError("--password-stdin requires --username")
        }
        if let username, username.isEmpty || username.contains(":") {
            throw ValidationError("--username is empty or contains a colon, which no user name can contain")
        }
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let host = registry.registry
        let remedy = "give --username NAME and --password-stdin"
        let user =
            try username
            ?? RegistryPassword.text(
                TerminalPrompt.line("user: ", missing: "a login requires a user", remedy: remedy), of: "the user")
        guard !user.isEmpty, !user.contains(":") else {
            throw UsageError("the user name is empty or contains a colon; nothing was stored")
        }
        let password = try RegistryPassword.text(
            passwordStdin
                ? RegistryPassword.fromStandardInput()
                : TerminalPrompt.password(
                    "password of \(user) at \(host): ", missing: "a login requires a password", remedy: remedy),
            of: "the password")
        guard !password.isEmpty else { throw UsageError("the password is empty; nothing was stored") }
        let isChecked = try await withRegistryClient(session.registryConfiguration(logger: session.console.logger)) {
            try await $0.check(user: user, password: password, for: registry)
        }
        let store = LoginStore(environment: session.environment, runner: session.runner)
        let variable = try store.variable(for: registry)
        let place = try await store.store(user: user, password: password, for: registry)
        if !isChecked { session.console.note("\(host) can be read without a login, so this one could not be checked") }
        if place.helper == nil {
            session.console.note(
                "the password is stored unencrypted in \(place.file); to encrypt it, configure a credential helper (credsStore)"
            )
        }
        if let variable {
            session.console.note(
                "\(variable) has a login to \(host), which takes precedence over this one; unset it to use this one")
        }
        session.console.result(
            Result(
                registry: host, user: user, file: place.file, helper: place.helper, checked: isChecked),
            text: "\(user) is logged in to \(host); the login is in \(place.helper ?? place.file)")
        return .ok
    }
}
