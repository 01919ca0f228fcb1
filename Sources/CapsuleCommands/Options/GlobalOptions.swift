internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import GitOps

/// What results look like.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text
    case json
    case markdown
}

/// The options that every command takes.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(name: .long, help: "What results look like; markdown is for audit, diff and kargo explain.")
    var output = OutputFormat.text

    @Option(
        help: ArgumentHelp("The configuration (default: capsule.yaml here or above).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(name: [.customShort("v"), .long], help: "Say more on stderr.")
    var verbose = false

    @Option(
        name: .customLong("plain-http"),
        help: ArgumentHelp("Use http for this registry; loopback registries need no mention.", valueName: "host"))
    var plainHTTP: [String] = []

    @Option(
        help: ArgumentHelp(
            "Trust the certificates in this PEM file, besides the system's; loopback registries are then spoken to with "
                + "TLS too, unless --plain-http names them.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "Where fetched Git objects and renders are kept (default: $XDG_CACHE_HOME/release-capsule).",
            valueName: "dir"),
        completion: .directory)
    var cacheDir: String?

    /// Whether unparsed arguments ask for JSON: usage errors are printed before there are options.
    static func asksForJSON(_ arguments: [String]) -> Bool {
        let arguments = arguments.prefix { $0 != "--" }
        return arguments.contains("--output=json")
            || zip(arguments, arguments.dropFirst()).contains { $0 == "--output" && $1 == "json" }
    }
}
