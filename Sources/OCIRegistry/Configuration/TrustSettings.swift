/// Where the certificates for registries are found: of the authorities that are trusted, and of the client.
public struct TrustSettings: Hashable, Sendable {
    /// PEM files of certificate authorities that are trusted in addition to the system's.
    public var authorityFiles: [String] = []
    /// The PEM file of the client's certificate for the registries that are named. Hosts to which these lead do not get it.
    public var clientCertificateFile: String?
    /// The PEM file of its key; nil when the key is in the same file.
    public var clientKeyFile: String?
    /// The file of `SSL_CERT_FILE`. Together with directories it replaces the system's authorities, alone it adds to them.
    var systemFile: String?
    /// The directories of `SSL_CERT_DIR`.
    var systemDirectories: [String] = []
    /// The directories that have a directory for each registry, in the order of their precedence.
    var certificateDirectories: [String] = []

    /// Trusts the system's certificate authorities alone.
    public init() {}

    /// Reads the variables and the directories that other tools use, as OpenSSL and Go, and as docker, podman and skopeo do.
    ///
    /// - Parameter system: the system's directory of settings.
    package init(environment: [String: String], system: String = "/etc") {
        systemFile = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        systemDirectories = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
        if let home = environment["HOME"], home.hasPrefix("/") {
            let named = environment["XDG_CONFIG_HOME"] ?? ""
            let settings = named.hasPrefix("/") ? named : "\(home)/.config"
            certificateDirectories = ["\(settings)/containers", "\(settings)/docker", "\(home)/.docker"]
        }
        certificateDirectories = (certificateDirectories + ["\(system)/containers", "\(system)/docker"]).map {
            "\($0)/certs.d"
        }
    }
}
