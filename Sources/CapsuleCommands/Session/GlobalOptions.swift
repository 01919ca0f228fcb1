internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import GitOps

/// The format of results.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text
    case json
    case markdown
}

/// The options of every command.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(name: .long, help: "The format of results; audit, diff and kargo explain have markdown.")
    var output = OutputFormat.text

    @Option(
        help: ArgumentHelp("The configuration (default: capsule.yaml here or above).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(name: [.customShort("v"), .long], help: "Print progress and debug messages on stderr.")
    var verbose = false

    @Option(
        name: .customLong("plain-http"),
        help: ArgumentHelp(
            "Use plain HTTP for this registry or Git host (default: loopback only); repeatable.", valueName: "host"))
    var plainHTTP: [String] = []

    /// The hosts of `--plain-http`.
    var plainHTTPHosts: Set<String> { Set(plainHTTP) }

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file, for registries and Git, in addition to the system's; "
                + "repeatable. Loopback registries then also require TLS, unless --plain-http names them.",
            valueName: "file"),
        completion: .file())
    var caFile: [String] = []

    @Option(
        help: ArgumentHelp(
            "The client certificate for the registries that the command names, a PEM file.", valueName: "file"),
        completion: .file())
    var clientCert: String?

    @Option(
        help: ArgumentHelp(
            "The key of the client certificate, a PEM file (default: in the same file).", valueName: "file"),
        completion: .file())
    var clientKey: String?

    @Option(
        help: ArgumentHelp(
            "Send uploads to this host when a registry directs them there; it gets no credentials; repeatable.",
            valueName: "host"))
    var uploadHost: [String] = []

    @Option(
        help: ArgumentHelp(
            "The cache of Git objects, renders and content of registries (default: $XDG_CACHE_HOME/release-capsule).",
            valueName: "dir"),
        completion: .directory)
    var cacheDir: String?

    /// True when unparsed arguments select JSON. A usage error is printed before the options are parsed.
    static func requestsJSON(_ arguments: [String]) -> Bool {
        let arguments = arguments.prefix { $0 != "--" }
        return arguments.contains("--output=json")
            || zip(arguments, arguments.dropFirst()).contains { $0 == "--output" && $1 == "json" }
    }
}
