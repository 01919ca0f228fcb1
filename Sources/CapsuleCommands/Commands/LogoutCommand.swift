internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import OCIRegistry

/// `capsule logout`
struct LogoutCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Remove the login to a registry.",
        discussion: """
            Removes it from every file that capsule reads: $REGISTRY_AUTH_FILE, else docker's and podman's, and from the \
            credential helpers that they name. Logins to single paths on the registry are removed, too.

            Example:
              capsule logout registry.example.com
            """)

    @Argument(
        help: ArgumentHelp("The registry: a host, with a port where it has one.", valueName: "host"),
        transform: Parse.registry)
    var registry: Repository

    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var registry: String
        var removedFrom: [String]
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let store = LoginStore(environment: session.environment, runner: session.runner)
        let host = registry.registry
        let places = try await store.erase(registry)
        if let variable = try store.variable(for: registry) {
            session.console.note("\(variable) still has a login to \(host); unset it to use no login")
        }
        session.console.result(
            Result(registry: host, removedFrom: places),
            text: places.isEmpty
                ? "there is no login to \(host)"
                : "the login to \(host) is removed from \(places.joined(separator: ", and from "))")
        return .ok
    }
}
